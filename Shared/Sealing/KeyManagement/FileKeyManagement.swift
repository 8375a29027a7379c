public import Crypto
import Dispatch
import Synchronization

/// Root keys from a keyring file.
///
/// The keys are read once and kept; the file is read again when a wrapped key names a root key that is not known,
/// at most once per ``minimumReloadInterval``, or when ``reload()`` is called.
public final class FileKeyManagement: KeyManagement {
  /// The provider's name in ``describe()``.
  public static let providerId = "file"
  /// A flood of unknown key ids must not become a flood of file reads.
  public static let minimumReloadInterval: Duration = .seconds(1)

  private struct State {
    var keyring: Keyring
    var lastRead: ContinuousClock.Instant
  }

  private let file: KeyringFile
  private let now: @Sendable () -> ContinuousClock.Instant
  private let state: Mutex<State>
  /// File work happens here, one piece at a time: off the cooperative pool, and callers that arrive during a reload
  /// find its result instead of starting another.
  private let queue = DispatchQueue(label: "lanyard.keyring")

  /// Reads the keyring. Call it at start: it blocks for one small disk access.
  ///
  /// - Throws: ``KeyringError`` when the file is missing or not valid; the caller then starts sealed.
  public convenience init(path: String) throws { try self.init(path: path, now: { ContinuousClock.now }) }

  init(path: String, now: @escaping @Sendable () -> ContinuousClock.Instant) throws {
    file = KeyringFile(path: path)
    self.now = now
    state = Mutex(State(keyring: try file.load(), lastRead: now()))
  }

  public func describe() -> KeyManagementDescription {
    KeyManagementDescription(providerId: Self.providerId, primaryKeyId: state.withLock { $0.keyring.primary.id })
  }

  public func wrap(_ key: SymmetricKey, authenticating authenticated: [UInt8]) throws -> WrappedKey {
    let primary = state.withLock { $0.keyring.primary }
    return try RootKeyWrapping.wrap(key, under: primary, authenticating: authenticated)
  }

  public func unwrap(_ wrapped: WrappedKey, authenticating authenticated: [UInt8]) async throws -> SymmetricKey {
    let root = if let known = known(wrapped.keyId) { known } else { try await reloaded(wrapped.keyId) }
    return try RootKeyWrapping.unwrap(wrapped, under: root, authenticating: authenticated)
  }

  /// Proves with a throw-away key that the primary wraps and unwraps.
  public func health() async throws {
    let probe = SymmetricKey(size: .bits256)
    let wrapped = try wrap(probe, authenticating: [])
    guard try await unwrap(wrapped, authenticating: []) == probe else { throw KeyManagementError.unavailable }
  }

  public func destroy(_ keyId: String) async throws {
    try await onQueue { file, state, now in
      do {
        let keyring = try file.update { keyring in
          try keyring.destroy(keyId)
          return keyring
        }
        state.withLock { $0 = State(keyring: keyring, lastRead: now) }
      } catch let error as KeyringError {
        throw KeyManagementError.changeRefused(error.problems)
      }
    }
  }

  /// Reads the file again now, for example on a signal after an operator changed it.
  ///
  /// - Throws: ``KeyringError`` when the file is not valid; the keys in use then stay.
  public func reload() async throws {
    try await onQueue { file, state, now in
      let keyring = try file.load()
      state.withLock { $0 = State(keyring: keyring, lastRead: now) }
    }
  }

  private func known(_ id: String) -> RootKey? { state.withLock { $0.keyring.key(id) } }

  /// Looks the key up again after reading the file, unless that happened a moment ago.
  private func reloaded(_ id: String) async throws -> RootKey {
    try await onQueue { file, state, now in
      let lastRead = state.withLock { $0.lastRead }
      if let key = state.withLock({ $0.keyring.key(id) }) { return key }
      guard lastRead.duration(to: now) >= Self.minimumReloadInterval else {
        throw KeyManagementError.unknownKey(id: id)
      }
      // A file that cannot be read counts as read: it is not tried more often than a good one.
      state.withLock { $0.lastRead = now }
      guard let keyring = try? file.load() else { throw KeyManagementError.unavailable }
      state.withLock { $0.keyring = keyring }
      guard let key = keyring.key(id) else { throw KeyManagementError.unknownKey(id: id) }
      return key
    }
  }

  private func onQueue<Result: Sendable>(
    _ body: @escaping @Sendable (KeyringFile, borrowing Mutex<State>, ContinuousClock.Instant) throws -> Result
  ) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
      queue.async {
        continuation.resume(with: Swift.Result { try body(self.file, self.state, self.now()) })
      }
    }
  }
}
