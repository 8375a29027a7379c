public import ServiceKit
import Synchronization

/// A log sink that keeps every line, to be searched by a test.
public final class RecordedLog: LogSink {
  private let kept = Mutex<[String]>([])

  public init() {}

  public func write(_ line: String) { kept.withLock { $0.append(line) } }

  /// All lines so far.
  public var lines: [String] { kept.withLock { $0 } }

  /// All lines so far as one text.
  public var text: String { lines.joined(separator: "\n") }
}
