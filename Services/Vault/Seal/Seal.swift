import Logging
import Model
import PostgreSQL
import Sealing
import ServiceLifecycle
import Synchronization

/// Whether this process holds the root keys that its database was written with.
///
/// It starts sealed and opens when a known value in the database opens under the keyring. Sealed, every call answers
/// `sealed` and nothing is written. It keeps trying, so a corrected keyring file or a database that comes up later needs no restart.
final class Seal: Service {
  enum State: Sendable {
    case sealed(reason: String)
    case open(any KeyManagement)
  }

  /// How long a sealed process waits before it looks again: an operator who has put the right file in place should not wait long.
  static let retryInterval: Duration = .seconds(2)
  /// Sent with the answer `sealed`: sealing ends by an operator's hand.
  static let retryAfterSeconds = 5

  private let source: KeyManagementSource
  private let fence: DatabaseGuard
  private let database: PostgresClient
  private let store: CanaryStore
  private let logger: Logger
  private let state = Mutex(State.sealed(reason: "the root keys have not been checked yet"))

  init(source: KeyManagementSource, fence: DatabaseGuard, database: PostgresClient, logger: Logger) {
    self.source = source
    self.fence = fence
    self.database = database
    store = CanaryStore(database: database)
    self.logger = logger
  }

  /// The root keys.
  ///
  /// - Throws: `sealed` while there are none to trust.
  func keys() throws -> any KeyManagement {
    switch state.withLock({ $0 }) {
    case .open(let management): management
    case .sealed:
      throw ServiceError(
        .sealed, "The vault has no usable root key. An operator must put the right keyring in place.",
        retryAfter: Self.retryAfterSeconds)
    }
  }

  /// Refuses while sealed.
  func requireOpen() throws { _ = try keys() }

  /// Why it is sealed, for readiness; nil when open.
  var reason: String? {
    if case .sealed(let reason) = state.withLock({ $0 }) { reason } else { nil }
  }

  func run() async throws {
    await cancelWhenGracefulShutdown {
      while !Task.isCancelled, self.reason != nil {
        await self.tryToOpen()
        if self.reason != nil { try? await Task.sleep(for: Self.retryInterval) }
      }
    }
    try? await gracefulShutdown()
    await source.close()
  }

  /// Loads the keyring and holds the canary against it.
  func tryToOpen() async {
    let found: State
    do {
      found = try await check()
    } catch let error as DatabaseGuardError {
      found = .sealed(reason: error.description)
    } catch KeyManagementError.unavailable {
      found = .sealed(reason: "the key management does not answer, or does not let the vault in")
    } catch let error as KeyringError {
      found = .sealed(reason: "the keyring cannot be used: \(error.problems.joined(separator: "; "))")
    } catch {
      found = .sealed(reason: "the root keys could not be checked: \(type(of: error))")
    }
    let before = reason
    state.withLock { $0 = found }
    switch found {
    case .open: logger.notice("vault open")
    case .sealed(let reason) where reason != before: logger.error("vault sealed", metadata: ["reason": "\(reason)"])
    case .sealed: break
    }
  }

  private func check() async throws -> State {
    // Before anything is read or written: the database may not have been there when the service started.
    try await fence.enforce(using: database)
    let management = try source.open()
    var stored = try await store.read()
    if stored == nil {
      try await store.insert(try await KeyCanary.make(using: management))
      // Another replica may have been first, with other keys: what counts is what is stored.
      stored = try await store.read()
    }
    guard let stored else { return .sealed(reason: "the database does not keep the root key's canary") }
    switch try await stored.verify(using: management) {
    case .rightKey:
      // The canary is in one place only.
      if source.isPaired { try await management.health() }
      return .open(management)
    case .missingKey(let id): return .sealed(reason: "root key \(id) is not in the keyring")
    case .wrongKey(let id): return .sealed(reason: "root key \(id) is not the one that the database was written with")
    }
  }
}
