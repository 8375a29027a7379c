import FoundationEssentials
import Model
import Testing

@testable import MCP

@Suite struct JSONScannerTests {
  @Test(arguments: [
    "0", "-0", "10", "-1.5e+10", "1E0", "true", "false", "null", #""""#, #""a\"\\\/\b\f\n\r\té\ud83d\ude00""#,
    #""\ud83d""#, "[]", "{}", " [ 1 , [ ] , { } ] ", #"{"a":{"b":[true,null,-0.0]},"c":""}"#, "\"\u{7F}é世😀\"",
    "\t\r\n {}",
  ])
  func jsonIsTaken(text: String) throws {
    _ = try JSONText(validating: text.utf8)
  }

  @Test(arguments: [
    ("", JSONProblem.Reason.incomplete), (" ", .incomplete), ("{", .incomplete), ("[1", .incomplete),
    ("\"a", .incomplete), ("-", .incomplete), ("1.", .incomplete), ("1e", .incomplete), ("tru", .incomplete),
    ("01", .trailingBytes), ("1 2", .trailingBytes), ("{}x", .trailingBytes), ("nullnull", .trailingBytes),
    ("+1", .malformed), (".5", .malformed), ("-a", .malformed), ("1.e1", .malformed), ("1e+", .incomplete),
    ("[01]", .malformed), ("[1,]", .malformed), ("[,1]", .malformed), (#"{"a":1,}"#, .malformed),
    (#"{"a"}"#, .malformed), (#"{"a" 1}"#, .malformed), ("{1:2}", .malformed), ("{a:1}", .malformed),
    ("[1}", .malformed), (#"{"a":1]"#, .malformed), ("'a'", .malformed), (#""\x""#, .malformed),
    (#""\u12g4""#, .malformed), ("\"a\nb\"", .malformed), ("\"\u{00}\"", .malformed), ("NaN", .malformed),
    ("nul1", .malformed), ("// a\n1", .malformed), ("\u{FEFF}1", .malformed), ("True", .malformed),
  ])
  func whatIsNotJSONIsRefused(text: String, reason: JSONProblem.Reason) {
    let problem = #expect(throws: JSONProblem.self) { try JSONText(validating: text.utf8) }
    #expect(problem?.reason == reason, "\(text)")
  }

  @Test(arguments: [
    [0x80], [0xC0, 0x80], [0xC1, 0xBF], [0xC3], [0xC3, 0x28], [0xE0, 0x80, 0x80], [0xE0, 0x9F, 0xBF],
    [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF], [0xF0, 0x80, 0x80, 0x80], [0xF4, 0x90, 0x80, 0x80],
    [0xF5, 0x80, 0x80, 0x80], [0xFF], [0xE4, 0xB8],
  ])
  func whatIsNotUTF8IsRefused(bytes: [Int]) {
    let quoted = [0x22] + bytes.map { UInt8($0) } + [0x22]
    let problem = #expect(throws: JSONProblem.self) { try JSONText(validating: quoted) }
    #expect(problem?.reason == .notUTF8)
  }

  @Test func limitsHold() throws {
    let limits = JSONLimits(bytes: 20, depth: 3, nameBytes: 4, members: 3)
    func reason(_ text: String) -> JSONProblem.Reason? {
      do {
        _ = try JSONText(validating: text.utf8, limits: limits)
        return nil
      } catch { return error.reason }
    }
    #expect(reason("[[[]]]") == nil)
    #expect(reason("[[[[]]]]") == .tooDeep)
    #expect(reason(#""123456789012345678""#) == nil)
    #expect(reason(#""1234567890123456789""#) == .tooLarge)
    let deep = String(repeating: "[", count: 1_000_000)
    #expect(throws: JSONProblem(.tooDeep, at: 128)) { try JSONText(validating: deep.utf8) }
    #expect(throws: JSONProblem.self) { try JSONNode(deep.utf8) }
  }

  /// Foundation reads the same language, but for what we refuse on purpose, and for commas before a closing bracket.
  @Test func damagedTextsAreJudgedAsFoundationJudgesThem() throws {
    var random = Random(seed: 1)
    var (taken, refused) = (0, 0)
    // No points and exponents: Foundation refuses what no double can hold.
    let marks = Array("{}[]\",:0-+tn\\u 1".utf8)
    for _ in 0..<20_000 {
      var bytes = JSONText(random.value()).bytes
      for _ in 0..<random.number(0...2) {
        let place = random.number(0...bytes.count - 1)
        switch random.number(0...2) {
        case 0: bytes[place] = random.element(of: marks)
        case 1: bytes.insert(random.element(of: marks), at: place)
        default: bytes.remove(at: place)
        }
        if bytes.isEmpty { bytes = [0x20] }
      }
      let pairs = zip(bytes, bytes.dropFirst())
      if pairs.contains(where: { $0 == UInt8(ascii: ",") && "]}".utf8.contains($1) }) { continue }
      let ours: JSONValue?
      do {
        ours = JSONValue(try JSONNode(bytes))
      } catch {
        if error.reason == .duplicateName || error.reason == .loneSurrogate { continue }
        ours = nil
      }
      let theirs = try? JSONDecoder().decode(JSONValue.self, from: Data(bytes))
      #expect(ours == theirs, "\(String(decoding: bytes, as: UTF8.self))")
      if ours == nil { refused += 1 } else { taken += 1 }
    }
    print("figure: \(taken + refused) damaged texts, \(taken) taken and \(refused) refused as Foundation does")
    #expect(taken > 1_000 && refused > 1_000)
  }

  @Test func anyCuttingReadsTheSame() throws {
    var random = Random(seed: 2)
    for _ in 0..<2_000 {
      let bytes = JSONText(random.value()).bytes
      var scanner = JSONScanner(limits: .message)
      var events: [JSONScanner.Event] = []
      var whole: [JSONScanner.Event] = []
      var index = 0
      while index < bytes.count {
        let end = min(bytes.count, index + random.number(1...5))
        try Array(bytes[index..<end]).withRawBytes { (piece) throws(JSONProblem) in
          var place = 0
          while let event = try scanner.next(piece, &place) { events.append(event) }
          scanner.advance(by: place)
        }
        index = end
      }
      if try scanner.finish() { events.append(.valueEnds) }
      var again = JSONScanner(limits: .message)
      try bytes.withRawBytes { (piece) throws(JSONProblem) in
        var place = 0
        while let event = try again.next(piece, &place) { whole.append(event) }
        again.advance(by: place)
      }
      if try again.finish() { whole.append(.valueEnds) }
      #expect(events == whole)
    }
  }

  @Test func aMemberThatComesTwiceIsRefusedHoweverItIsSpelled() {
    for text in [#"{"a":1,"a":2}"#, #"{"a":1,"\u0061":2}"#, #"[{"b":{"a":1,"c":0,"a":1}}]"#] {
      let problem = #expect(throws: JSONProblem.self) { try JSONNode(text.utf8) }
      #expect(problem?.reason == .duplicateName)
    }
  }

  @Test func valuesComeBack() throws {
    var random = Random(seed: 3)
    for _ in 0..<5_000 {
      let value = random.value()
      #expect(try JSONText(value).decoded() == value)
    }
    #expect(try JSONText(validating: " 1.5 ".utf8).decoded() == .number(1.5))
    #expect(try JSONText(validating: "12345678901234567890".utf8).decoded() == .number(1.2345678901234567e19))
  }
}
