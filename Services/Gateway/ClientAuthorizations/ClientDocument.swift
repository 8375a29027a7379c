import Foundation
import Model

/// What a client says about itself at the address that is its id (OAuth Client ID Metadata Document).
struct ClientDocument: Sendable {
  /// Redirect URIs that are looked at; SDKs write one or two.
  private static let maximumRedirectURIs = 50
  /// Characters of a name that are kept.
  private static let nameLength = 200

  let client: OAuthClient

  private struct Fields: Decodable {
    var clientId: String
    var clientName: String?
    var redirectUris: [String]
    var grantTypes: [String]?
    var responseTypes: [String]?
    var tokenEndpointAuthMethod: String?

    enum CodingKeys: String, CodingKey {
      case clientId = "client_id"
      case clientName = "client_name"
      case redirectUris = "redirect_uris"
      case grantTypes = "grant_types"
      case responseTypes = "response_types"
      case tokenEndpointAuthMethod = "token_endpoint_auth_method"
    }
  }

  /// - Parameter address: where it was read; it must name itself by exactly this.
  /// - Throws: `invalid_request` with what is wrong, in words for a client's makers.
  init(_ data: Data, at address: ClientAddress) throws {
    let fields: Fields
    do {
      fields = try JSONDecoder().decode(Fields.self, from: data)
    } catch {
      throw Self.refused("is not JSON with client_id and redirect_uris")
    }
    guard fields.clientId == address.text else { throw Self.refused("has another client_id than its own address") }
    guard fields.grantTypes?.contains("authorization_code") ?? true, fields.responseTypes?.contains("code") ?? true
    else { throw Self.refused("does not ask for the authorization code grant") }
    guard fields.tokenEndpointAuthMethod ?? "none" == "none" else {
      throw Self.refused("asks for a client authentication other than none, which is all that there is here")
    }
    // Addresses that we send nobody to are of no use here; the others are.
    let redirects = fields.redirectUris.prefix(Self.maximumRedirectURIs).compactMap(ClientRedirectURI.init)
    guard !redirects.isEmpty else {
      throw Self.refused("has no redirect URI that is https, or http on a loopback host")
    }
    client = OAuthClient(
      id: address.text, kind: .document,
      name: fields.clientName.map { DisplayText.line($0, maximum: Self.nameLength) } ?? address.host,
      host: address.host, redirects: redirects)
  }

  private static func refused(_ what: String) -> ServiceError {
    ServiceError(.invalidRequest, "The application's description of itself \(what). Its makers must correct it.")
  }
}
