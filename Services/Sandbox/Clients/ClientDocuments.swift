import AsyncHTTPClient
import FoundationEssentials
import Model
import NIOCore
import NIOHTTP1

/// Clients that are known by a document at the address that is their id (OAuth Client ID Metadata Document). Each is read anew for
/// every authorization, so that a changed document counts at once.
struct ClientDocuments: Sendable {
  /// Bytes of a document; real ones have a few hundred.
  private static let maximumBytes = 64 * 1024
  /// For fetching one: a person waits.
  private static let deadline = TimeAmount.seconds(5)

  let clients: ClientRegistry
  let policy: LiveDiscovery

  /// Makes the client of a request known, where its id is an address. Whatever is wrong with the document leaves it unknown.
  func load(for form: FormFields) async {
    guard policy.current.clientIdMetadata, let id = form["client_id"], Self.isAddress(id) else { return }
    guard let document = try? await Self.fetch(id), document.clientId == id,
      document.tokenEndpointAuthMethod ?? "none" == Client.Authentication.none.rawValue
    else { return }
    let addresses = (document.redirectURIs ?? []).compactMap { RedirectURI($0) }
    guard !addresses.isEmpty, addresses.count <= Limits.redirectURIsPerClient else { return }
    try? clients.add(Client(id: id, name: document.clientName ?? id, secret: nil, redirectURIs: addresses))
  }

  /// An https address with a path; on this machine http will do.
  private static func isAddress(_ id: String) -> Bool {
    guard let address = RedirectURI(id), address.text.hasPrefix("http"), let url = URL(string: id) else { return false }
    return url.path.count > 1 && url.user == nil
  }

  private static func fetch(_ address: String) async throws -> ClientDocument {
    let response = try await HTTPClient.shared.execute(HTTPClientRequest(url: address), timeout: deadline)
    guard response.status == .ok else { throw OAuthError(.invalidClient, "The client's document cannot be read.") }
    let body = try await response.body.collect(upTo: maximumBytes)
    return try WireJSON.decode(ClientDocument.self, from: Data(body.readableBytesView))
  }
}

/// What is read of such a document.
private struct ClientDocument: Decodable {
  var clientId: String
  var clientName: String?
  var redirectURIs: [String]?
  var tokenEndpointAuthMethod: String?

  enum CodingKeys: String, CodingKey {
    case clientId = "client_id"
    case clientName = "client_name"
    case redirectURIs = "redirect_uris"
    case tokenEndpointAuthMethod = "token_endpoint_auth_method"
  }
}
