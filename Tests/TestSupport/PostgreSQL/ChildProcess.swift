import Foundation

/// A program that runs beside the tests.
///
/// Not Foundation's `Process`: that one lets children inherit open files and a blocked signal mask, and takes a program
/// for running as long as any of its own children does.
struct ChildProcess: Sendable {
  struct Failure: Error, CustomStringConvertible {
    var program: String
    var code: Int32
    var description: String { "\(program) cannot be started: \(String(cString: strerror(code)))" }
  }

  let identifier: pid_t

  /// More files than the tests have open.
  private static let closedDescriptors: Int32 = 1_024

  /// - Parameters:
  ///   - arguments: The program, found by `PATH`, and its arguments.
  ///   - environment: Added to the environment of this process.
  ///   - input: Becomes standard input.
  ///   - output: Becomes standard output and standard error.
  init(_ arguments: [String], environment: [String: String] = [:], input: Int32, output: Int32) throws {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, input, 0)
    posix_spawn_file_actions_adddup2(&actions, output, 1)
    posix_spawn_file_actions_adddup2(&actions, output, 2)
    // Files of other tests that lack the close-on-exec flag. Closing one that is not open is no error.
    for descriptor in 3..<Self.closedDescriptors { posix_spawn_file_actions_addclose(&actions, descriptor) }

    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    var defaults = sigset_t()
    sigemptyset(&defaults)
    sigaddset(&defaults, SIGPIPE)
    posix_spawnattr_setsigdefault(&attributes, &defaults)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

    let merged = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    var argv: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
    var envp: [UnsafeMutablePointer<CChar>?] = merged.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { for pointer in argv + envp { free(pointer) } }
    var identifier: pid_t = 0
    let code = posix_spawnp(&identifier, arguments[0], &actions, &attributes, &argv, &envp)
    guard code == 0 else { throw Failure(program: arguments[0], code: code) }
    self.identifier = identifier
  }

  /// Waits for the end. Blocks the calling thread. Call once.
  /// - Returns: the exit status, or 128 and the number of the signal.
  @discardableResult
  func wait() -> Int32 {
    var status: Int32 = 0
    while waitpid(identifier, &status, 0) < 0, errno == EINTR {}
    let signal = status & 0x7F
    return signal == 0 ? (status >> 8) & 0xFF : 128 + signal
  }

  /// Whether it has not ended; leaves the end to ``wait()``.
  var isRunning: Bool {
    var information = siginfo_t()
    guard waitid(P_PID, id_t(identifier), &information, WEXITED | WNOHANG | WNOWAIT) == 0 else { return false }
    // Nothing is written while the child runs.
    return information.si_signo == 0
  }
}

/// The two ends of a pipe, closed in every child.
struct PipeEnds {
  let reading: Int32
  let writing: Int32

  init() throws {
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else { throw CocoaError(.fileReadUnknown) }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    (reading, writing) = (ends[0], ends[1])
  }
}
