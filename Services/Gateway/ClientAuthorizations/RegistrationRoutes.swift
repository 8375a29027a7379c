import Foundation
import HTTPTypes
import Hummingbird
import Model
import NIOCore
import ServiceKit

/// Whether clients may register themselves.
enum ClientRegistration: String, CaseIterable, Sendable { case enabled, disabled }

/// `POST /oauth/register`: dynamic client registration (RFC 7591), of clients without a secret.
struct RegistrationRoutes: Sendable {
  /// What a client is called that gives no name.
  private static let namelessClient = "Unnamed application"

  let peers: PeerClients
  let registration: ClientRegistration
  let callerAddress: CallerAddress
  /// By network address.
  let attempts: RateLimiter<String>

  func add(to router: ServiceRouter) { router.post("/oauth/register", use: OAuthEndpoint.answer(register)) }

  @Sendable private func register(_ request: Request, _ context: AppRequestContext) async throws -> Response {
    guard registration == .enabled else {
      throw OAuthRefusal(
        .accessDenied, "Clients cannot register themselves here. Use the address of a client metadata document.")
    }
    try attempts.take(callerAddress.text(request, context))
    let asked = try await Self.read(request, context)
    let client = try await peers.call(RegisteredClientEndpoints.register, asked)
    let body = try WireJSON.encode(RegisteredClientDocument(client))
    return Response(
      status: .created, headers: OAuthRefusal.headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: body)))
  }

  private struct Metadata: Decodable {
    var redirectUris: [String]?
    var clientName: String?
    var grantTypes: [String]?
    var responseTypes: [String]?

    enum CodingKeys: String, CodingKey {
      case redirectUris = "redirect_uris"
      case clientName = "client_name"
      case grantTypes = "grant_types"
      case responseTypes = "response_types"
    }
  }

  /// What is not understood is passed over, and an authentication method that we do not have is replaced by the one that we
  /// have: the answer says what was registered (RFC 7591 section 2).
  private static func read(_ request: Request, _ context: AppRequestContext) async throws -> RegisterClient {
    let body = try await request.collectBody(context)
    guard let metadata = try? JSONDecoder().decode(Metadata.self, from: body) else {
      throw OAuthRefusal(.invalidClientMetadata, "The body must be a JSON object with redirect_uris.")
    }
    guard metadata.grantTypes?.contains("authorization_code") ?? true, metadata.responseTypes?.contains("code") ?? true
    else { throw OAuthRefusal(.invalidClientMetadata, "Only the authorization code grant can be used here.") }
    let redirects = metadata.redirectUris ?? []
    guard (1...RegisterClient.maximumRedirectURIs).contains(redirects.count),
      redirects.allSatisfy({ ClientRedirectURI($0) != nil })
    else {
      throw OAuthRefusal(
        .invalidRedirectURI,
        "redirect_uris must have 1 to \(RegisterClient.maximumRedirectURIs) entries, https or http on a loopback host.")
    }
    let name = metadata.clientName.map { DisplayText.line($0, maximum: nameLength) }
    return RegisterClient(name: name ?? namelessClient, redirectUris: redirects)
  }

  /// Characters of a name that are kept.
  private static let nameLength = 200
}

/// RFC 7591 section 3.2.1.
private struct RegisteredClientDocument: Encodable {
  var clientId: String
  /// Seconds since 1970.
  var clientIdIssuedAt: Int
  var clientName: String
  var redirectUris: [String]
  var grantTypes = ["authorization_code", "refresh_token"]
  var responseTypes = ["code"]
  var tokenEndpointAuthMethod = "none"

  init(_ client: RegisteredClient) {
    clientId = client.id.rawValue
    clientIdIssuedAt = Int(client.createdAt.timeIntervalSince1970)
    clientName = client.name
    redirectUris = client.redirectUris
  }

  enum CodingKeys: String, CodingKey {
    case clientId = "client_id"
    case clientIdIssuedAt = "client_id_issued_at"
    case clientName = "client_name"
    case redirectUris = "redirect_uris"
    case grantTypes = "grant_types"
    case responseTypes = "response_types"
    case tokenEndpointAuthMethod = "token_endpoint_auth_method"
  }
}
