import Synchronization

/// Every client that the sandbox knows: the one from the settings, and those that registered.
final class ClientRegistry: Sendable {
  private let configured: Client
  private let clients: Mutex<[String: Client]>

  init(configured: Client) {
    self.configured = configured
    self.clients = Mutex([configured.id: configured])
  }

  subscript(_ id: String) -> Client? { clients.withLock { $0[id] } }

  /// Adds or replaces a client.
  func add(_ client: Client) throws(OAuthError) {
    try clients.withLock { (clients) throws(OAuthError) in
      guard clients.count < Limits.clients || clients[client.id] != nil else {
        throw OAuthError(.temporarilyUnavailable, "Too many clients are registered. Reset the sandbox.")
      }
      clients[client.id] = client
    }
  }

  /// Forgets everyone but the client from the settings.
  func reset() { clients.withLock { $0 = [configured.id: configured] } }
}
