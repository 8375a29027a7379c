import CLibPQ
import Glibc

/// Wakes a thread that waits in `poll`, from any other thread.
final class WakeUp: Sendable {
  let descriptor: Int32

  init() {
    descriptor = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
    precondition(descriptor >= 0, "the process is out of file descriptors")
  }

  deinit { close(descriptor) }

  func signal() {
    var one: UInt64 = 1
    // The only failure is a counter at its maximum, and then the thread is awake already.
    _ = write(descriptor, &one, MemoryLayout<UInt64>.size)
  }

  /// Takes all signals so far.
  func clear() {
    var count: UInt64 = 0
    _ = read(descriptor, &count, MemoryLayout<UInt64>.size)
  }
}
