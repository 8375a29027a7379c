/// Collects the events of a `text/event-stream` in whatever pieces it comes.
public struct EventParser: Sendable {
  /// What the stream asked for: milliseconds to wait before connecting again.
  public private(set) var retryMilliseconds: Int?

  /// Bytes of one event's data that are held, unless said otherwise: as long as a whole message may be.
  public static let defaultMaximumBytes = JSONLimits.message.bytes

  private let maximumBytes: Int
  private var tokenizer = EventTokenizer()
  private var data: [UInt8] = []
  private var hasData = false
  private var lineHasEnded = false
  private var type = ""
  private var lastEventId = ""

  public init(maximumBytes: Int = EventParser.defaultMaximumBytes) { self.maximumBytes = maximumBytes }

  /// Takes the next piece and returns the events that it completes. An event that the stream's end cuts off is none.
  public mutating func parse(_ piece: UnsafeRawBufferPointer) throws(EventStreamProblem) -> [ServerSentEvent] {
    var events: [ServerSentEvent] = []
    var index = 0
    while let token = try tokenizer.next(piece, &index) {
      switch token {
      case .data(let range): try append(piece[range])
      case .dataLineEnds: try endLine()
      case .type(let text): type = text
      case .id(let text): lastEventId = text
      case .retry(let milliseconds): retryMilliseconds = milliseconds
      case .comment: break
      case .dispatch: dispatch(&events)
      }
    }
    return events
  }

  public mutating func parse(_ piece: some Sequence<UInt8>) throws(EventStreamProblem) -> [ServerSentEvent] {
    let bytes = Array(piece)
    return try bytes.withRawBytes { (buffer) throws(EventStreamProblem) in try parse(buffer) }
  }

  private mutating func append(_ bytes: Slice<UnsafeRawBufferPointer>) throws(EventStreamProblem) {
    try joinLines()
    guard bytes.count <= maximumBytes - data.count else { throw .eventTooLarge }
    data += bytes
    hasData = true
  }

  private mutating func endLine() throws(EventStreamProblem) {
    try joinLines()
    hasData = true
    lineHasEnded = true
  }

  private mutating func joinLines() throws(EventStreamProblem) {
    guard lineHasEnded else { return }
    guard data.count < maximumBytes else { throw .eventTooLarge }
    data.append(0x0A)
    lineHasEnded = false
  }

  private mutating func dispatch(_ events: inout [ServerSentEvent]) {
    // An event without data is none, but what it said about the type is over with it.
    if hasData {
      events.append(
        ServerSentEvent(type: type.isEmpty ? "message" : type, data: data, lastEventId: lastEventId))
    }
    data.removeAll(keepingCapacity: false)
    (hasData, lineHasEnded, type) = (false, false, "")
  }
}
