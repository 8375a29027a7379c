import Testing

@testable import MCP

@Suite struct EventTests {
  private func parse(_ text: String) throws -> [ServerSentEvent] {
    var parser = EventParser()
    return try parser.parse(Array(text.utf8))
  }

  private func event(_ data: String, type: String = "message", id: String = "") -> ServerSentEvent {
    ServerSentEvent(type: type, data: Array(data.utf8), lastEventId: id)
  }

  /// The examples and rules of WHATWG HTML, section 9.2.6.
  @Test func streamsAreReadAsTheStandardSays() throws {
    #expect(try parse("data: YHOO\ndata: +2\ndata: 10\n\n") == [event("YHOO\n+2\n10")])
    #expect(
      try parse(": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n")
        == [event("first event", id: "1"), event("second event"), event(" third event")])
    #expect(try parse("data\n\ndata\ndata\n\ndata:") == [event(""), event("\n")])
    #expect(try parse("data:test\n\ndata: test\n\n") == [event("test"), event("test")])
    #expect(try parse("event: add\ndata: 1\n\ndata: 2\n\n") == [event("1", type: "add"), event("2")])
    #expect(try parse("event: add\n\ndata: 2\n\n") == [event("2")])
    #expect(try parse("\u{FEFF}data: a\n\n") == [event("a")])
    #expect(try parse("data: \u{FEFF}a\n\n") == [event("\u{FEFF}a")])
    #expect(try parse("id: 1\ndata: a\n\nid: 2\u{0}\ndata: b\n\n") == [event("a", id: "1"), event("b", id: "1")])
    #expect(try parse("foo: bar\nDATA: a\ndata : a\n\n") == [])
    #expect(try parse("data: a\r\ndata: b\rdata: c\n\r\n") == [event("a\nb\nc")])
    #expect(try parse("data: a\r\r") == [event("a")])
    #expect(try parse("data: never ends\n") == [])
  }

  @Test func retryIsReadAndNothingElseIsTakenForIt() throws {
    var parser = EventParser()
    _ = try parser.parse(Array("retry: 250\nretry: x\nretry: -1\nretry: 1.5\nretry:\n\n".utf8))
    #expect(parser.retryMilliseconds == 250)
  }

  @Test func largeEventsAndLongLinesAreRefused() throws {
    var parser = EventParser(maximumBytes: 10)
    #expect(try parser.parse(Array("data: 1234567890\n\n".utf8)) == [event("1234567890")])
    #expect(throws: EventStreamProblem.eventTooLarge) { try parser.parse(Array("data: 12345678901\n\n".utf8)) }
    var lines = EventParser(maximumBytes: 10)
    #expect(throws: EventStreamProblem.eventTooLarge) {
      try lines.parse(Array(String(repeating: "data\n", count: 100).utf8))
    }
    var names = EventParser()
    #expect(throws: EventStreamProblem.lineTooLong) { try names.parse([UInt8](repeating: 0x61, count: 5_000)) }
    var comments = EventParser()
    #expect(try comments.parse([UInt8](repeating: UInt8(ascii: ":"), count: 1_000_000)) == [])
  }

  @Test func anyCuttingGivesTheSameEvents() throws {
    var random = Random(seed: 31)
    let parts = [
      "data", "event", "id", "retry", ":", ": ", "\n", "\r", "\r\n", "\n\n", "x", "é", "😀", "\u{FEFF}", "12", "\u{0}",
      " ",
      "data: {\"a\":1}\n\n", ":keep-alive\n\n",
    ]
    var count = 0
    for _ in 0..<10_000 {
      var text = random.happens(oneIn: 4) ? "\u{FEFF}" : ""
      for _ in 0..<random.number(0...30) { text += random.element(of: parts) }
      let bytes = Array(text.utf8)
      let whole = try parse(text)
      count += whole.count
      var parser = EventParser()
      var pieces: [ServerSentEvent] = []
      var index = 0
      while index < bytes.count {
        let end = min(bytes.count, index + random.number(1...4))
        pieces += try parser.parse(bytes[index..<end])
        index = end
      }
      #expect(pieces == whole, "\(bytes)")
    }
    print("figure: 10,000 streams in any pieces, \(count) events, 0 differ")
    #expect(count > 2_000)
  }

  @Test func whatIsWrittenComesBack() throws {
    var random = Random(seed: 32)
    for _ in 0..<5_000 {
      let data = random.text(maximumScalars: 20).unicodeScalars.filter { $0 != "\r" }
      let written = EventWriter.event(Array(String(String.UnicodeScalarView(data)).utf8), type: "t", id: "7\n8")
      #expect(
        try parse(String(decoding: EventWriter.keepAlive + written, as: UTF8.self))
          == [event(String(String.UnicodeScalarView(data)), type: "t", id: "78")])
    }
    #expect(String(decoding: EventWriter.event(Array("{}".utf8)), as: UTF8.self) == "data: {}\n\n")
    #expect(
      String(decoding: EventWriter.priming(id: "1", retryMilliseconds: 500), as: UTF8.self)
        == "id: 1\nretry: 500\ndata:\n\n")
  }
}
