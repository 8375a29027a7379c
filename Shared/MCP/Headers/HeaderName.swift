/// Names of HTTP headers that the protocol uses. Case does not matter; these are the spellings of the specification.
public enum HeaderName {
  public static let protocolVersion = "MCP-Protocol-Version"
  public static let method = "Mcp-Method"
  public static let name = "Mcp-Name"
  public static let sessionId = "Mcp-Session-Id"
  /// Before the name that a tool's schema gives a parameter.
  public static let parameterPrefix = "Mcp-Param-"
}
