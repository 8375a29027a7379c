#if DEBUG
  import Foundation

  /// The folder through which a test arms fail points while the process runs.
  ///
  /// The variable `FAIL_POINTS_FOLDER` names it at start. A file `<name>` arms a point for whatever passes first, a file
  /// `<name>@<subject>` for one record. Its text is the action: `kill` and `stop` send the signal of that name to the process,
  /// `fail` throws, `delay 500` waits that many milliseconds, `hold` waits until the test takes the file `….struck` away. A point
  /// strikes once: whoever takes it, of all processes that share the folder, renames the file to `….struck` and writes its process id
  /// into it, which is what the test waits for.
  struct FailPointFolder: Sendable {
    static let variable = "FAIL_POINTS_FOLDER"
    static let ofThisProcess = ProcessInfo.processInfo.environment[variable].map(FailPointFolder.init(path:))

    let path: String

    func pass(_ point: FailPoint, about subject: String) async throws {
      for name in ["\(point.name)@\(subject)", point.name] {
        guard let action = try take(name) else { continue }
        return try await action.strike(sign: sign(of: name))
      }
    }

    /// The file that says whom a point has struck.
    private func sign(of name: String) -> String { "\(path)/\(name).struck" }

    /// Takes an armed point for this process alone; nil when it is not armed, or somebody else was first.
    private func take(_ name: String) throws -> FailPointAction? {
      let armed = "\(path)/\(name)"
      // Looked at on every pass: a name that is not there costs one system call.
      guard access(armed, F_OK) == 0 else { return nil }
      let taken = "\(armed).\(getpid())"
      guard rename(armed, taken) == 0 else { return nil }
      let text = try String(contentsOfFile: taken, encoding: .utf8)
      guard let action = FailPointAction(text) else {
        // A test with a spelling mistake must not pass for one that struck nothing.
        preconditionFailure("\(name) is armed with '\(text)': kill, stop, fail, hold or delay <milliseconds>")
      }
      try "\(getpid())".write(toFile: taken, atomically: true, encoding: .utf8)
      guard rename(taken, sign(of: name)) == 0 else { throw CocoaError(.fileWriteUnknown) }
      return action
    }
  }

  /// What happens to the process that passes.
  enum FailPointAction: Equatable, Sendable {
    /// How often whoever is held looks whether it may go on.
    private static let look = Duration.milliseconds(20)

    /// Ends at once, as by a power cut.
    case kill
    /// Stands still until somebody lets it go on (`SIGCONT`).
    case stop
    case fail
    case delay(milliseconds: Int)
    /// Waits until the file that says whom the point has struck is gone.
    case hold

    init?(_ text: String) {
      let words = text.split(whereSeparator: \.isWhitespace)
      switch (words.first, words.count) {
      case ("kill", 1): self = .kill
      case ("stop", 1): self = .stop
      case ("fail", 1): self = .fail
      case ("hold", 1): self = .hold
      case ("delay", 2):
        guard let milliseconds = Int(words[1]), milliseconds >= 0 else { return nil }
        self = .delay(milliseconds: milliseconds)
      default: return nil
      }
    }

    func strike(sign: String) async throws {
      switch self {
      // `raise` signals the thread that calls it, which therefore does not get past this line first.
      case .kill: raise(SIGKILL)
      case .stop: raise(SIGSTOP)
      case .fail: throw FailPointStruck()
      case .delay(let milliseconds): try await Task.sleep(for: .milliseconds(milliseconds))
      case .hold: while access(sign, F_OK) == 0 { try await Task.sleep(for: Self.look) }
      }
    }
  }

  /// What a point that is armed to fail throws.
  struct FailPointStruck: Error {}

  extension FailPoint {
    /// The name that a test uses: who passes, and where.
    var name: String {
      switch self {
      case .refreshAsked: "exchanger.refresh.asked"
      case .refreshLeased: "exchanger.refresh.leased"
      case .refreshSending: "exchanger.refresh.sending"
      case .refreshAnswered: "exchanger.refresh.answered"
      case .refreshJournalled: "exchanger.refresh.journalled"
      case .refreshStored: "exchanger.refresh.stored"
      case .replayStored: "exchanger.replay.stored"
      case .leaseWritten: "vault.lease.written"
      case .leaseGiven: "vault.lease.given"
      case .tokensWritten: "vault.tokens.written"
      case .tokensStored: "vault.tokens.stored"
      case .failureWritten: "vault.failure.written"
      case .rotationWritten: "vault.rotation.written"
      case .rotationStored: "vault.rotation.stored"
      }
    }
  }
#endif
