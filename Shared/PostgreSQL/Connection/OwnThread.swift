import CLibPQ
import Glibc
import Synchronization

/// A thread of its own for calls that block: they must not hold a thread of the cooperative pool.
final class OwnThread: Sendable {
  private enum State {
    case running
    case awaited([CheckedContinuation<Void, Never>])
    case ended
  }

  private let state = Mutex<State>(.running)

  /// libpq and the code around it need little; the system's default would reserve 8 MiB.
  private static let stackBytes = 1 << 20

  /// - Parameter name: At most 15 bytes are shown by the system's tools.
  init(name: String, _ body: @escaping @Sendable () -> Void) {
    let main = ThreadMain {
      _ = pthread_setname_np(pthread_self(), String(name.prefix(15)))
      body()
      self.end()
    }
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    pthread_attr_setstacksize(&attributes, Self.stackBytes)
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    var thread = pthread_t()
    let result = pthread_create(
      &thread, &attributes,
      { argument in
        guard let argument else { return nil }
        Unmanaged<ThreadMain>.fromOpaque(argument).takeRetainedValue().body()
        return nil
      }, Unmanaged.passRetained(main).toOpaque())
    pthread_attr_destroy(&attributes)
    precondition(result == 0, "the process is out of threads")
  }

  /// Returns when the thread's body has returned. Not ended by cancellation: what the thread owns must be closed first.
  func ended() async {
    await withCheckedContinuation { continuation in
      let hasEnded = state.withLock { state in
        switch state {
        case .running: state = .awaited([continuation])
        case .awaited(let others): state = .awaited(others + [continuation])
        case .ended: return true
        }
        return false
      }
      if hasEnded { continuation.resume() }
    }
  }

  private func end() {
    let waiting = state.withLock { state in
      defer { state = .ended }
      if case .awaited(let continuations) = state { return continuations }
      return []
    }
    for continuation in waiting { continuation.resume() }
  }
}

private final class ThreadMain: Sendable {
  let body: @Sendable () -> Void
  init(_ body: @escaping @Sendable () -> Void) { self.body = body }
}
