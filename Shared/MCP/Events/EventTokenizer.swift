/// Takes a `text/event-stream` apart in whatever pieces it comes, without keeping data: what a proxy needs that passes large
/// events on while they come.
public struct EventTokenizer: Sendable {
  public enum Token: Hashable, Sendable {
    /// A piece of an event's data lies here in the piece at hand.
    case data(Range<Int>)
    /// A line of data has ended. Lines of one event are joined by line feeds.
    case dataLineEnds
    /// `event:`
    case type(String)
    /// `id:`
    case id(String)
    /// `retry:`, in milliseconds.
    case retry(Int)
    /// A comment: the stream is alive.
    case comment
    /// An empty line: the event is complete.
    case dispatch
  }

  /// Bytes of a line that is not data.
  public static let maximumFieldBytes = 4_096

  private enum State: Sendable { case lineStart, field, afterColon, data, value, comment }

  private var state = State.lineStart
  /// The name of the field at hand, then its value, if it is not data.
  private var name: [UInt8] = []
  private var value: [UInt8] = []
  /// A carriage return was the last byte: a line feed that follows belongs to it.
  private var skipsLineFeed = false
  private var bytesOfMark = 0

  private static let mark: [UInt8] = [0xEF, 0xBB, 0xBF]

  public init() {}

  /// Goes on to the next token of a piece, or to its end, where it returns nil.
  public mutating func next(
    _ input: UnsafeRawBufferPointer, _ index: inout Int
  ) throws(EventStreamProblem) -> Token? {
    while index < input.count {
      let byte = input[index]
      if skipMark(byte, &index) { continue }
      if skipsLineFeed {
        skipsLineFeed = false
        if byte == 0x0A {
          index += 1
          continue
        }
      }
      if state == .afterColon {
        if byte == 0x20 { index += 1 }
        state = name.elementsEqual("data".utf8) ? .data : .value
        continue
      }
      if state == .data, byte != 0x0A, byte != 0x0D { return .data(takeData(input, &index)) }
      index += 1
      if byte == 0x0A || byte == 0x0D {
        skipsLineFeed = byte == 0x0D
        if let token = endLine() { return token }
      } else {
        try take(byte)
      }
    }
    return nil
  }

  /// A byte order mark may come first (WHATWG, section 9.2.5).
  private mutating func skipMark(_ byte: UInt8, _ index: inout Int) -> Bool {
    guard bytesOfMark < Self.mark.count else { return false }
    guard byte == Self.mark[bytesOfMark] else {
      // The first bytes were none: as part of a field's name they make it an unknown one.
      name += Self.mark.prefix(bytesOfMark)
      if bytesOfMark > 0 { state = .field }
      bytesOfMark = Self.mark.count
      return false
    }
    bytesOfMark += 1
    index += 1
    return true
  }

  private func takeData(_ input: UnsafeRawBufferPointer, _ index: inout Int) -> Range<Int> {
    let start = index
    while index < input.count, input[index] != 0x0A, input[index] != 0x0D { index += 1 }
    return start..<index
  }

  private mutating func take(_ byte: UInt8) throws(EventStreamProblem) {
    switch state {
    case .lineStart where byte == UInt8(ascii: ":"): state = .comment
    case .lineStart:
      name.append(byte)
      state = .field
    case .field where byte == UInt8(ascii: ":"): state = .afterColon
    case .field: name.append(byte)
    case .value: value.append(byte)
    case .comment, .data, .afterColon: break
    }
    guard name.count + value.count <= Self.maximumFieldBytes else { throw .lineTooLong }
  }

  private mutating func endLine() -> Token? {
    defer {
      state = .lineStart
      name.removeAll(keepingCapacity: true)
      value.removeAll(keepingCapacity: true)
    }
    switch state {
    case .lineStart: return .dispatch
    case .comment: return .comment
    case .data: return .dataLineEnds
    case .field, .value, .afterColon: break
    }
    let text = String(decoding: value, as: UTF8.self)
    switch String(decoding: name, as: UTF8.self) {
    case "data": return .dataLineEnds
    case "event": return .type(text)
    case "id": return text.utf8.contains(0) ? nil : .id(text)
    case "retry":
      guard text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else { return nil }
      return Int(text).map { .retry($0) }
    default: return nil
    }
  }
}
