/// The work took longer than it may.
public struct DeadlineExceeded: Error, Sendable {
  public init() {}
}

/// Runs work that is cancelled when its time is over.
///
/// - Throws: ``DeadlineExceeded``, or what the work throws. Work that ignores cancellation is still waited for.
public func withDeadline<Value: Sendable>(
  _ duration: Duration, _ work: @escaping @Sendable () async throws -> Value
) async throws -> Value {
  try await withThrowingTaskGroup(of: Value?.self) { group in
    group.addTask { try await work() }
    group.addTask {
      try await Task.sleep(for: duration)
      return nil
    }
    defer { group.cancelAll() }
    // The first to finish decides; the group always has one.
    guard let first = try await group.next(), let value = first else { throw DeadlineExceeded() }
    return value
  }
}
