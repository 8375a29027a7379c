/// What one HTTP body holds: a message, or several of them (revision 2025-03-26 only).
public enum MCPPayload: Sendable {
  case message(MCPMessage)
  case batch([MCPMessage])

  /// Messages of one batch. Each may cost a call of its own.
  public static let maximumBatch = 100

  /// Reads a body.
  ///
  /// - Throws: `MessageProblem` with what to answer. A batch with one bad message is refused as a whole.
  public init(_ bytes: [UInt8], allowsBatch: Bool, limits: JSONLimits = .message) throws(MessageProblem) {
    guard Self.isBatch(bytes) else {
      self = .message(try MCPMessage(bytes, limits: limits))
      return
    }
    guard allowsBatch else {
      throw MessageProblem(.invalidRequest, "This revision of the protocol takes one message at a time.")
    }
    var messages: [MCPMessage] = []
    for range in try Self.elements(bytes, limits: limits) {
      messages.append(try MCPMessage(Array(bytes[range]), limits: limits))
    }
    guard !messages.isEmpty else { throw MessageProblem(.invalidRequest, "The batch is empty.") }
    self = .batch(messages)
  }

  public var messages: [MCPMessage] {
    switch self {
    case .message(let message): [message]
    case .batch(let messages): messages
    }
  }

  /// Whether a body is a batch, told by its first byte.
  public static func isBatch(_ bytes: some Sequence<UInt8>) -> Bool {
    bytes.first { ![0x20, 0x09, 0x0A, 0x0D].contains($0) } == UInt8(ascii: "[")
  }

  /// The body of a batch of answers.
  public static func batch(of messages: some Sequence<[UInt8]>) -> [UInt8] {
    JSONText.array(messages.lazy.map { JSONText(unchecked: $0) }).bytes
  }

  private static func elements(_ bytes: [UInt8], limits: JSONLimits) throws(MessageProblem) -> [Range<Int>] {
    do {
      return try bytes.withRawBytes { (input) throws(JSONProblem) in try elements(input, limits: limits) }
    } catch {
      throw MessageProblem(error)
    }
  }

  private static func elements(
    _ input: UnsafeRawBufferPointer, limits: JSONLimits
  ) throws(JSONProblem) -> [Range<Int>] {
    var scanner = JSONScanner(limits: limits)
    var ranges: [Range<Int>] = []
    var index = 0
    var start: Int?
    var isInside = false
    while let event = try scanner.next(input, &index) {
      switch event {
      case .valueBegins(let kind) where isInside:
        start = index - 1
        if kind == .object || kind == .array { scanner.skip() }
      case .valueBegins: isInside = true
      case .valueEnds:
        guard let first = start else { continue }
        guard ranges.count < maximumBatch else { throw JSONProblem(.tooManyMembers, at: index) }
        ranges.append(first..<index)
        start = nil
      case .name: break
      }
    }
    scanner.advance(by: index)
    _ = try scanner.finish()
    return ranges
  }
}
