import Crypto
import FoundationEssentials
import Synchronization

/// Tokens that were verified already, by the SHA-256 of their text, until they expire.
///
/// Checking an Ed25519 signature costs about a hundred times as much as a hash, and the same token comes with every call.
/// A lock and not an actor: the work inside takes well under a microsecond, and no caller is suspended for it.
/// Only what passed every check is remembered, so a stranger cannot fill it.
final class RememberedTokens<Value: Sendable>: Sendable {
  private struct Entry {
    let value: Value
    let expiresAt: Date
  }

  private struct State {
    var entries: [SHA256Digest: Entry] = [:]
    /// The digests in the order of arrival, as a ring over a fixed capacity: the oldest gives way.
    var order: [SHA256Digest] = []
    var next = 0
  }

  private let capacity: Int
  private let state = Mutex(State())

  init(capacity: Int) { self.capacity = capacity }

  /// How many are remembered, the expired ones included.
  var count: Int { state.withLock { $0.entries.count } }

  static func digest(of token: String) -> SHA256Digest { SHA256.hash(data: Data(token.utf8)) }

  func value(for digest: SHA256Digest, at now: Date) -> Value? {
    state.withLock { state in
      guard let entry = state.entries[digest] else { return nil }
      return entry.expiresAt > now ? entry.value : nil
    }
  }

  func remember(_ value: Value, for digest: SHA256Digest, until expiresAt: Date) {
    state.withLock { state in
      if state.entries.updateValue(Entry(value: value, expiresAt: expiresAt), forKey: digest) != nil { return }
      if state.order.count < capacity {
        state.order.append(digest)
      } else {
        state.entries[state.order[state.next]] = nil
        state.order[state.next] = digest
        state.next = (state.next + 1) % capacity
      }
    }
  }
}
