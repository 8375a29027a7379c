import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Where finished log lines go.
public protocol LogSink: Sendable {
  /// Takes one line, without its newline.
  func write(_ line: String)
}

/// Standard output, one line per call and never interleaved.
public final class StandardOutputSink: LogSink {
  private let lock = Mutex(())

  public init() {}

  public func write(_ line: String) {
    lock.withLock { _ in StandardStream.output.write(line + "\n") }
  }
}

/// The standard streams, for the few texts that are not log records: help, version, problems.
public enum StandardStream: Int32, Sendable {
  case output = 1
  case error = 2

  /// Writes the whole text. A stream that is closed is ignored: there is nobody left to tell.
  public func write(_ text: String) {
    let bytes = Array(text.utf8)
    var start = 0
    while start < bytes.count {
      let count = bytes[start...].withUnsafeBytes { Self.writeBytes(rawValue, $0) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return }
      start += count
    }
  }

  private static func writeBytes(_ descriptor: Int32, _ buffer: UnsafeRawBufferPointer) -> Int {
    #if canImport(Glibc)
      Glibc.write(descriptor, buffer.baseAddress, buffer.count)
    #elseif canImport(Musl)
      Musl.write(descriptor, buffer.baseAddress, buffer.count)
    #else
      Darwin.write(descriptor, buffer.baseAddress, buffer.count)
    #endif
  }
}
