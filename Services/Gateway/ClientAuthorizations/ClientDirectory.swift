import Model
import ServiceKit

/// Finds clients by their ids.
struct ClientDirectory: Sendable {
  let peers: PeerClients
  let documents: ClientDocuments

  /// - Throws: `invalid_request`, in words for the person in whose browser it is shown.
  func client(_ id: String) async throws -> OAuthClient {
    if let registered = RegisteredClientID(validating: id) { return try await client(registered) }
    guard let address = ClientAddress(id) else {
      throw ServiceError(.invalidRequest, "The application gave no id that is known here. Connect it anew.")
    }
    return try await documents.document(at: address).client
  }

  private func client(_ id: RegisteredClientID) async throws -> OAuthClient {
    do {
      return OAuthClient(try await peers.call(RegisteredClientEndpoints.show, Reference(id: id)))
    } catch let error as ServiceError where error.code == .notFound {
      throw ServiceError(
        .invalidRequest, "The application is not registered here, or was not used for too long. Connect it anew.")
    }
  }
}
