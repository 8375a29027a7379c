import Model
import Providers

/// The Integration's client with every secret that may be tried at its provider.
struct LiveClient: Sendable {
  /// A secret with the version that the vault tells it apart by; no version for one that the vault does not know.
  struct LiveSecret: Sendable {
    var version: Int64?
    var value: Secret<String>
  }

  let id: String
  /// The newest.
  private let newest: LiveSecret?
  private let previous: LiveSecret?

  /// - Parameter secret: nil for a public client.
  init(id: String, secret: WireSecret?, versions: ClientSecretVersions?) {
    self.id = id
    newest = secret.map { LiveSecret(version: versions?.current, value: $0.secret) }
    previous = versions?.previous.map { LiveSecret(version: $0.version, value: $0.value.secret) }
  }

  /// The client in the order in which its secrets are tried: at least once, at most twice.
  var attempts: [(credentials: ClientCredentials, version: Int64?)] {
    [newest, previous].compactMap { $0 }.map { (ClientCredentials(id: id, secret: $0.value), $0.version) }.nonEmpty
      ?? [(ClientCredentials(id: id, secret: nil), nil)]
  }
}

extension Array {
  fileprivate var nonEmpty: Self? { isEmpty ? nil : self }
}
