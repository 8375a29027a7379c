import Deadlines
import Synchronization

/// One caller's ear for announcements. An announcement that comes between two waits is not lost.
final class Listening: Sendable {
  private enum State {
    case idle
    case signalled
    case waiting(CheckedContinuation<Void, Never>)
  }

  private let state = Mutex(State.idle)

  func signal() {
    let waiter = state.withLock { state -> CheckedContinuation<Void, Never>? in
      guard case .waiting(let continuation) = state else {
        state = .signalled
        return nil
      }
      state = .idle
      return continuation
    }
    waiter?.resume()
  }

  /// Returns at the next announcement, after the time, or when the task is cancelled.
  func wait(atMost duration: Duration) async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await self.signalled() }
      group.addTask { try? await pause(for: duration) }
      await group.next()
      group.cancelAll()
    }
  }

  private func signalled() async {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isDone = state.withLock { state -> Bool in
          if case .signalled = state {
            state = .idle
            return true
          }
          // Cancelled before it began to wait: the handler has run already and found nobody.
          if Task.isCancelled { return true }
          state = .waiting(continuation)
          return false
        }
        if isDone { continuation.resume() }
      }
    } onCancel: {
      let waiter = state.withLock { state -> CheckedContinuation<Void, Never>? in
        guard case .waiting(let continuation) = state else { return nil }
        state = .idle
        return continuation
      }
      waiter?.resume()
    }
  }
}
