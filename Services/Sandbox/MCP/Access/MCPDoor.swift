/// The three addresses of the MCP server: the same server behind each, and another way in.
enum MCPDoor: String, CaseIterable, Sendable {
  /// An access token of the sandbox, found by discovery alone.
  case oauth
  /// A token from the settings.
  case staticToken
  /// Nothing at all.
  case open

  /// Below the issuer.
  var path: String {
    switch self {
    case .oauth: "mcp"
    case .staticToken: "mcp/static"
    case .open: "mcp/open"
    }
  }
}
