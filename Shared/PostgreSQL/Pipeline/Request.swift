import Synchronization

/// One statement on its way, and the caller who waits for it.
///
/// It is answered exactly once: by the connection's thread, or by the caller's cancellation, whichever comes first.
final class Request: Sendable {
  private enum State {
    case new
    case waiting(UnsafeContinuation<QueryResult, any Error>)
    case answered
  }

  let sql: SQL
  let context: SessionContext?
  let created: Moment
  private let state = Mutex<State>(.new)

  init(_ sql: SQL, in context: SessionContext?) {
    self.sql = sql
    self.context = context
    created = .now
  }

  /// Waits for the answer.
  ///
  /// - Parameters:
  ///   - submit: Hands the request to a connection.
  ///   - cancelled: Called after a cancellation took effect.
  func answer(submit: (Request) -> Void, cancelled: @Sendable () -> Void = {}) async throws -> QueryResult {
    try await withTaskCancellationHandler {
      try await withUnsafeThrowingContinuation { continuation in
        let isOpen = state.withLock { state in
          guard case .new = state else { return false }
          state = .waiting(continuation)
          return true
        }
        if isOpen { submit(self) } else { continuation.resume(throwing: PostgresError.cancelled) }
      }
    } onCancel: {
      fail(.cancelled)
      cancelled()
    }
  }

  /// Whether nobody waits any more.
  var isAnswered: Bool {
    state.withLock { if case .answered = $0 { true } else { false } }
  }

  func succeed(_ result: QueryResult) { take()?.resume(returning: result) }
  func fail(_ error: PostgresError) { take()?.resume(throwing: error) }

  private func take() -> UnsafeContinuation<QueryResult, any Error>? {
    state.withLock { state in
      defer { state = .answered }
      if case .waiting(let continuation) = state { return continuation }
      return nil
    }
  }
}
