import Model

/// Our MCP endpoints as OAuth-protected resources, by their exact addresses (RFC 9728, RFC 8707).
struct MCPResources: Sendable {
  /// Where RFC 9728 section 3.1 puts the metadata of a resource: before its path.
  static let metadataPath = "/.well-known/oauth-protected-resource"
  private static let path = "/mcp"

  let publicURL: PublicURL

  /// The authorization server that the endpoints take tokens of: this gateway.
  var issuer: String { publicURL.origin }

  /// What clients name an endpoint by, byte for byte.
  func address(of target: ClientTokenTarget) -> String { issuer + Self.path(of: target) }

  /// Where a client without a token learns how to get one.
  func metadataAddress(of target: ClientTokenTarget) -> String { issuer + Self.metadataPath + Self.path(of: target) }

  /// The endpoint with this address; nil for any other spelling, and for anything that is none of ours.
  func target(of address: String) -> ClientTokenTarget? {
    let all = self.address(of: ClientTokenTarget(mcpServerId: nil))
    if address == all { return ClientTokenTarget(mcpServerId: nil) }
    guard address.hasPrefix("\(all)/") else { return nil }
    return MCPServerID(validating: String(address.dropFirst(all.count + 1))).map(ClientTokenTarget.init)
  }

  private static func path(of target: ClientTokenTarget) -> String {
    target.mcpServerId.map { "\(path)/\($0.rawValue)" } ?? path
  }
}
