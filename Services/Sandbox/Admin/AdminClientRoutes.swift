import Hummingbird
import Model

/// Registers clients as an operator would at a provider's console, with an id and a secret of their choice.
struct AdminClientRoutes: Sendable {
  let clients: ClientRegistry

  struct NewClient: Decodable {
    var clientId: String?
    var clientSecret: String?
    /// Further secrets that are accepted.
    var otherSecrets: [String]?
    var name: String?
    var redirectUris: [String]
  }

  struct Created: Codable {
    var clientId: String
    /// Shown only when the sandbox chose it.
    var clientSecret: String?
    var redirectUris: [String]
  }

  func add(to group: RouterGroup<SandboxContext>) { group.post("clients", use: create) }

  @Sendable func create(_ request: Request, _ context: SandboxContext) async throws -> Response {
    return try .admin(try register(try await request.strictBody(NewClient.self)), status: .created)
  }

  private func register(_ wanted: NewClient) throws -> Created {
    let addresses = wanted.redirectUris.compactMap { RedirectURI($0, allowPlainHTTP: true) }
    guard !addresses.isEmpty, addresses.count == wanted.redirectUris.count,
      addresses.count <= Limits.redirectURIsPerClient
    else {
      throw OAuthError(.invalidRedirectURI, "redirectUris must be absolute addresses without a fragment.")
    }
    let id = wanted.clientId ?? "client_\(RandomText.base32(bytes: 16))"
    let secret = wanted.clientSecret ?? RandomText.base64URL(bytes: 32)
    try clients.add(
      Client(
        id: id, name: wanted.name ?? id, secret: Fingerprint(of: secret),
        otherSecrets: try others(wanted.otherSecrets ?? []), redirectURIs: addresses))
    return Created(
      clientId: id, clientSecret: wanted.clientSecret == nil ? secret : nil, redirectUris: wanted.redirectUris)
  }

  private func others(_ secrets: [String]) throws -> [Fingerprint] {
    guard secrets.count <= Limits.otherSecretsPerClient else {
      throw OAuthError(.invalidRequest, "otherSecrets must be at most \(Limits.otherSecretsPerClient).")
    }
    return secrets.map(Fingerprint.init(of:))
  }
}
