import Model
import Sealing
import Synchronization

/// The keys of the organizations: made on first use, wrapped under the root key, and remembered for a short time.
final class OrganizationKeys: Sendable {
  /// How long the newest version of an organization is believed: a new one is used within this time, and costs a read in as much.
  static let newestLifetime: Duration = .seconds(5)
  /// The most organizations whose newest version is remembered; then all are forgotten, which costs one read each.
  private static let maximumNewest = 10_000

  private struct Newest {
    var version: UInt32
    var expires: ContinuousClock.Instant
  }

  private let seal: Seal
  private let store: OrganizationKeyStore
  private let cache = OrganizationKeyCache()
  private let newest = Mutex<[String: Newest]>([:])

  init(seal: Seal, store: OrganizationKeyStore) {
    self.seal = seal
    self.store = store
  }

  /// The key that new values are sealed under.
  func current(of organization: String) async throws -> OrganizationKey {
    let management = try seal.keys()
    let now = ContinuousClock.now
    if let key = currentInMemory(of: organization) { return key }
    var stored = try await store.newest(of: organization)
    if stored == nil {
      guard try await !store.isShredded(organization) else {
        throw ServiceError(.notFound, "The organization was shredded: nothing is stored for it any more.")
      }
      let made = try await OrganizationKey.make(organizationId: organization, version: 1, using: management)
      try await store.insert(made.wrapped)
      // Two first uses at once: the row that is stored decides.
      stored = try await store.newest(of: organization)
    }
    guard let stored else { throw ServiceError(.unavailable, "The organization's key could not be stored. Try again.") }
    let key = try await cache.key(of: organization, version: stored.version, using: management) { stored }
    newest.withLock { known in
      if known.count >= Self.maximumNewest { known.removeAll() }
      known[organization] = Newest(version: stored.version, expires: now + Self.newestLifetime)
    }
    return key
  }

  /// The key of a stored value.
  func key(of organization: String, version: UInt32) async throws -> OrganizationKey {
    let management = try seal.keys()
    return try await cache.key(of: organization, version: version, using: management) {
      guard let stored = try await store.find(version, of: organization) else { throw SealingError.cannotOpen }
      return stored
    }
  }

  /// The key that new values are sealed under, if it is in memory and still believed to be the newest.
  func currentInMemory(of organization: String) -> OrganizationKey? {
    guard let known = newest.withLock({ $0[organization] }), known.expires > .now else { return nil }
    return keyInMemory(known.version, of: organization)
  }

  /// The key of a stored value, if it is in memory.
  func keyInMemory(_ version: UInt32, of organization: String) -> OrganizationKey? {
    cache.key(of: organization, version: version)
  }
}
