import Foundation
import Synchronization

/// The server's folder and process.
final class ServerProcess: Sendable {
  let folder: String
  let port: Int
  private let binaries: String
  private let settings: [String: String]
  private let running = Mutex<Running?>(nil)

  private struct Running {
    var process: ChildProcess
    /// The writing end of the watchdog's pipe: closing it ends the server.
    var lifeline: Int32
  }

  /// Enough for many tests side by side, with seven connections each.
  private static let connections = 1_000

  init(settings: [String: String], certificate: ServerCertificate?) throws {
    // A pipe whose reader has gone must give an error, not end the tests.
    signal(SIGPIPE, SIG_IGN)
    binaries = try PostgresBinaries.folder()
    port = try FreePort.next()
    // Short, because a socket's path has at most 107 bytes.
    var template = Array("/tmp/lanyard-pg-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw CocoaError(.fileWriteUnknown) }
    let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    self.folder = folder
    self.settings = [
      "listen_addresses": "127.0.0.1", "port": "\(port)", "unix_socket_directories": folder,
      "max_connections": "\(Self.connections)", "fsync": "off", "full_page_writes": "off", "log_statement": "none",
      "log_parameter_max_length": "0", "log_parameter_max_length_on_error": "0",
      "ssl": certificate == nil ? "off" : "on",
    ].merging(settings) { $1 }
    if getuid() == 0 {
      // The server refuses to run as root.
      try Command.run("chown", ["\(Self.unprivilegedUser):", folder])
    }
    try Command.run(
      Self.program[0],
      Self.program.dropFirst() + [
        "\(binaries)/initdb", "--pgdata=\(folder)/data", "--username=postgres", "--encoding=UTF8", "--locale=C",
        "--auth-local=trust", "--auth-host=scram-sha-256", "--no-sync",
      ])
    if let certificate { try install(certificate) }
  }

  /// The server takes a key only from its own user, and reads it from its data folder unless told otherwise.
  func install(_ certificate: ServerCertificate) throws {
    for (name, text) in [("server.crt", certificate.certificate), ("server.key", certificate.key)] {
      try Command.run(
        Self.program[0],
        Self.program.dropFirst() + ["sh", "-c", "umask 077; cat >'\(folder)/data/\(name)'"], input: text)
    }
  }

  private static var unprivilegedUser: String { getpwnam("postgres") == nil ? "nobody" : "postgres" }

  /// What to put before a program so that it does not run as root.
  private static var program: [String] {
    guard getuid() == 0 else { return ["env"] }
    return ["setpriv", "--reuid=\(unprivilegedUser)", "--regid=\(group)", "--clear-groups"]
  }

  private static var group: String {
    guard let user = getpwnam(unprivilegedUser) else { return "0" }
    return "\(user.pointee.pw_gid)"
  }

  var log: String { (try? String(contentsOfFile: "\(folder)/log", encoding: .utf8)) ?? "" }

  var isRunning: Bool { running.withLock { $0?.process.isRunning ?? false } }

  /// A shell beside the server waits for the end of the pipe, then stops the server and removes its folder. It is
  /// dismissed by a word through the pipe.
  private static let script = """
    data=$1; shift
    exec 3<&0
    (
      read -r word <&3 && exit
      kill -INT $$ 2>/dev/null
      while kill -0 $$ 2>/dev/null; do sleep 0.05; done
      rm -rf "$data"
    ) >/dev/null 2>&1 &
    exec 3<&-
    exec "$@" -D "$data/data" $SETTINGS >>"$data/log" 2>&1 </dev/null
    """

  func start() throws {
    guard !isRunning else { return }
    reap()
    let input = try PipeEnds()
    let null = open("/dev/null", O_WRONLY | O_CLOEXEC)
    defer {
      close(input.reading)
      close(null)
    }
    let options = settings.map { "-c \($0.key)=\($0.value)" }.joined(separator: " ")
    let process = try ChildProcess(
      ["/bin/sh", "-c", Self.script, "sh", folder] + Self.program + ["\(binaries)/postgres"],
      environment: ["SETTINGS": options], input: input.reading, output: null)
    running.withLock { $0 = Running(process: process, lifeline: input.writing) }
  }

  func kill() {
    guard let process = running.withLock({ $0 })?.process else { return }
    let children = (try? Command.run("ps", ["-o", "pid=", "--ppid", "\(process.identifier)"])) ?? ""
    // The watchdog is among them; the folder stays.
    for victim in [process.identifier] + children.split(whereSeparator: \.isWhitespace).compactMap({ pid_t($0) }) {
      _ = Foundation.kill(victim, SIGKILL)
    }
    reap()
  }

  func stop() {
    if let server = running.withLock({ $0.take() }) {
      close(server.lifeline)
      server.process.wait()
    }
    try? FileManager.default.removeItem(atPath: folder)
  }

  /// Dismisses the watchdog of a server that has ended, or ends now.
  private func reap() {
    guard let server = running.withLock({ $0.take() }) else { return }
    // It fails when the watchdog is gone already, and then there is nothing to dismiss.
    _ = write(server.lifeline, "leave\n", 6)
    close(server.lifeline)
    server.process.wait()
  }
}
