/// The endpoints that are counted and can be made to fail.
enum ProviderEndpoint: String, Codable, CodingKeyRepresentable, CaseIterable, Sendable {
  case authorize, token, revocation, introspection, userinfo, registration, discovery, jwks, mail, mcp

  /// Bytes that a body may have.
  var bodyBytes: Int { self == .mcp ? Limits.mcpBodyBytes : Limits.requestBodyBytes }

  /// Registration and the protected endpoints take no form.
  var readsForm: Bool {
    switch self {
    case .authorize, .token, .revocation, .introspection: true
    case .userinfo, .registration, .discovery, .jwks, .mail, .mcp: false
    }
  }
}
