import Model

/// What an owner has filled in for a new MCP server. A token is not among it: a page never shows it again.
struct MCPServerForm: Sendable {
  /// The choices of the form.
  enum Access: String, Sendable {
    /// Each member's own account; the authorization server is found by the address.
    case discovered
    /// Each member's own account at one of the organization's Integrations.
    case integration
    case staticToken
    case none
  }

  var name: String?
  var url: String?
  var access: Access
  var integrationId: IntegrationID?
  var pinning: Bool
  private var fields: FormFields?

  /// An empty one.
  init() {
    access = .discovered
    pinning = true
  }

  init(_ fields: FormFields) {
    name = fields.filled("name")
    url = fields.filled("url")
    access = fields["access"].flatMap(Access.init) ?? .discovered
    integrationId = fields.filled("integrationId").flatMap(IntegrationID.init(validating:))
    pinning = fields["pinning"] == "true"
    self.fields = fields
  }

  /// - Throws: `invalid_request` with what is missing.
  func request() throws -> CreateMCPServer {
    guard let name else { throw ServiceError(.invalidRequest, "Fill in a name.") }
    guard let url else { throw ServiceError(.invalidRequest, "Fill in the server's address.") }
    return CreateMCPServer(name: name, url: url, auth: try auth(), pinning: pinning)
  }

  private func auth() throws -> MCPServerAuthInput {
    switch access {
    case .none: return MCPServerAuthInput(type: .none)
    case .discovered: return MCPServerAuthInput(type: .oauth)
    case .integration:
      guard let integrationId else { throw ServiceError(.invalidRequest, "Choose an integration.") }
      return MCPServerAuthInput(type: .oauth, integrationId: integrationId)
    case .staticToken:
      guard let token = fields?.secret("token") else { throw ServiceError(.invalidRequest, "Fill in the token.") }
      return MCPServerAuthInput(type: .staticToken, token: token)
    }
  }
}
