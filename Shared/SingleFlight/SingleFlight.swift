import Synchronization

/// Collapses concurrent work for one key into one run, inside this process.
///
/// The run is nobody's child: a caller that is cancelled cancels neither the run nor the other callers. Give `work` a deadline of its own.
/// A failure goes to everyone who waits for it and is then forgotten, so that the next call tries again.
/// Across processes it is not enough: there a row with a lease decides.
public final class SingleFlight<Key: Hashable & Sendable, Value: Sendable>: Sendable {
  private let running = Mutex<[Key: Task<Value, any Error>]>([:])

  public init() {}

  /// Runs `work`, or joins the run that is under way for this key.
  ///
  /// - Throws: what `work` threw.
  public func run(_ key: Key, _ work: @escaping @Sendable () async throws -> Value) async throws -> Value {
    let task = running.withLock { running in
      if let task = running[key] { return task }
      // The one unstructured task: the run must outlive the caller that happened to come first.
      let task = Task {
        defer { self.forget(key) }
        return try await work()
      }
      running[key] = task
      return task
    }
    return try await task.value
  }

  /// How many runs are under way.
  public var count: Int { running.withLock { $0.count } }

  // The run forgets itself before anyone learns its outcome, and it can start only after the lock that recorded it is free:
  // whoever comes later starts afresh, and never joins a run that has ended.
  private func forget(_ key: Key) { _ = running.withLock { $0.removeValue(forKey: key) } }
}
