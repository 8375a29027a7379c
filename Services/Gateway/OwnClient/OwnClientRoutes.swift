import Hummingbird
import Model
import ServiceKit

/// Lanyard's own client documents: what authorization servers read in place of a registration (OAuth Client ID Metadata Document).
///
/// The address of a document is the client's id. There is one for the shared redirect URI, and one below it for each redirect URI of
/// an Integration's own, so that each document names exactly the address that is used with it.
struct OwnClientRoutes: Sendable {
  let publicURL: PublicURL

  func add(to router: ServiceRouter) {
    router.get(RouterPath(PublicURL.clientDocumentPath), use: shared)
    router.get("\(PublicURL.clientDocumentPath)/{key}", use: own)
  }

  @Sendable private func shared(_ request: Request, _ context: AppRequestContext) async throws -> Response {
    try .json(OwnClientDocument(publicURL, key: nil))
  }

  /// Of any Integration that there could be: the document says nothing about whether there is one.
  @Sendable private func own(_ request: Request, _ context: AppRequestContext) async throws -> Response {
    guard let key = context.parameters.get("key").flatMap({ IntegrationID(validating: $0) }) else {
      throw ServiceError(.notFound, "There is no such document.")
    }
    return try .json(OwnClientDocument(publicURL, key: key))
  }
}

/// RFC 7591 section 2, published instead of sent.
struct OwnClientDocument: Encodable, Sendable {
  var clientId: String
  var clientName = "Lanyard"
  var clientUri: String
  var redirectUris: [String]
  var grantTypes = ["authorization_code", "refresh_token"]
  var responseTypes = ["code"]
  /// A public client: docs/decisions/0008-client-document.md.
  var tokenEndpointAuthMethod = "none"
  var applicationType = "web"

  init(_ publicURL: PublicURL, key: IntegrationID?) {
    clientId = publicURL.clientDocument(key)
    clientUri = publicURL.origin
    redirectUris = [publicURL.callback(key)]
  }

  enum CodingKeys: String, CodingKey {
    case clientId = "client_id"
    case clientName = "client_name"
    case clientUri = "client_uri"
    case redirectUris = "redirect_uris"
    case grantTypes = "grant_types"
    case responseTypes = "response_types"
    case tokenEndpointAuthMethod = "token_endpoint_auth_method"
    case applicationType = "application_type"
  }
}

extension PublicURL {
  static let clientDocumentPath = "/.well-known/oauth-client"

  /// The document for the shared redirect URI, or for an Integration's own.
  func clientDocument(_ key: IntegrationID?) -> String {
    "\(origin)\(Self.clientDocumentPath)\(key.map { "/\($0.rawValue)" } ?? "")"
  }

  func callback(_ key: IntegrationID?) -> String { "\(origin)/oauth/callback\(key.map { "/\($0.rawValue)" } ?? "")" }
}
