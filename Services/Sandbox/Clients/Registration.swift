import FoundationEssentials
import HTTPTypes
import Hummingbird
import Model

/// Dynamic client registration (RFC 7591). Open to everyone, as an MCP client expects, unless it is switched off.
struct RegistrationRoutes: Sendable {
  let clients: ClientRegistry
  let policy: LiveDiscovery
  let now: Now

  func add(to group: RouterGroup<SandboxContext>) { group.post("register", use: register) }

  @Sendable func register(_ request: Request, _ context: SandboxContext) async throws -> Response {
    guard policy.current.registration else { throw OAuthError(.notFound, "Nobody can register here by themselves.") }
    let body = try await request.body.collect(upTo: Limits.requestBodyBytes)
    guard let metadata = try? WireJSON.decode(ClientMetadata.self, from: Data(body.readableBytesView)) else {
      throw OAuthError(.invalidClientMetadata, "The body must be client metadata in JSON.")
    }
    return try .oauth(try metadata.register(in: clients, at: now()), status: .created)
  }
}

/// Client metadata (RFC 7591 section 2). Fields that the sandbox does not know are ignored, as the RFC asks.
struct ClientMetadata: Decodable, Sendable {
  var redirectURIs: [String]?
  var clientName: String?
  var tokenEndpointAuthMethod: String?
  var grantTypes: [String]?
  var responseTypes: [String]?

  enum CodingKeys: String, CodingKey {
    case redirectURIs = "redirect_uris"
    case clientName = "client_name"
    case tokenEndpointAuthMethod = "token_endpoint_auth_method"
    case grantTypes = "grant_types"
    case responseTypes = "response_types"
  }

  /// Checks the metadata, stores the client and answers with what it needs to start.
  func register(in clients: ClientRegistry, at time: Date) throws(OAuthError) -> RegisteredClient {
    let method = try authentication()
    let addresses = try checkedRedirectURIs()
    let secret = method == .none ? nil : RandomText.base64URL(bytes: 32)
    let client = Client(
      id: "client_\(RandomText.base32(bytes: 16))", name: clientName ?? "Unnamed application",
      secret: secret.map(Fingerprint.init(of:)), redirectURIs: addresses)
    try clients.add(client)
    return RegisteredClient(
      clientId: client.id, clientSecret: secret, clientIdIssuedAt: Int(time.timeIntervalSince1970),
      clientSecretExpiresAt: secret == nil ? nil : 0, clientName: client.name,
      redirectUris: addresses.map(\.text), tokenEndpointAuthMethod: method.rawValue,
      grantTypes: GrantType.allCases.map(\.rawValue), responseTypes: ["code"])
  }

  private func authentication() throws(OAuthError) -> Client.Authentication {
    guard (grantTypes ?? []).allSatisfy({ GrantType(rawValue: $0) != nil }),
      (responseTypes ?? []).allSatisfy({ $0 == "code" })
    else { throw OAuthError(.invalidClientMetadata, "Only the authorization code and refresh grants exist here.") }
    guard let tokenEndpointAuthMethod else { return .basic }
    guard let method = Client.Authentication(rawValue: tokenEndpointAuthMethod) else {
      throw OAuthError(.invalidClientMetadata, "token_endpoint_auth_method is not supported.")
    }
    return method
  }

  private func checkedRedirectURIs() throws(OAuthError) -> [RedirectURI] {
    let texts = redirectURIs ?? []
    let addresses = texts.compactMap { RedirectURI($0) }
    guard !texts.isEmpty, addresses.count == texts.count, texts.count <= Limits.redirectURIsPerClient else {
      throw OAuthError(
        .invalidRedirectURI, "Each redirect URI must be https, http on this machine, or a native scheme, no fragment.")
    }
    return addresses
  }
}

/// The answer to a registration (RFC 7591 section 3.2.1): the one time the secret is shown.
struct RegisteredClient: Encodable, Sendable {
  var clientId: String
  var clientSecret: String?
  var clientIdIssuedAt: Int
  var clientSecretExpiresAt: Int?
  var clientName: String
  var redirectUris: [String]
  var tokenEndpointAuthMethod: String
  var grantTypes: [String]
  var responseTypes: [String]
}
