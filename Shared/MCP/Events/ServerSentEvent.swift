/// One event of a `text/event-stream` (WHATWG HTML, server-sent events).
public struct ServerSentEvent: Hashable, Sendable {
  /// `message` unless the stream says otherwise.
  public var type: String
  public var data: [UInt8]
  /// The last `id` that the stream gave; empty if none.
  public var lastEventId: String

  public init(type: String = "message", data: [UInt8], lastEventId: String = "") {
    self.type = type
    self.data = data
    self.lastEventId = lastEventId
  }
}

/// Why a stream is given up.
public enum EventStreamProblem: Error, Hashable, Sendable {
  /// An event is larger than allowed.
  case eventTooLarge
  /// A line that is no data is longer than allowed.
  case lineTooLong
}
