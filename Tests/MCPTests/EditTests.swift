import Model
import Testing

@testable import MCP

@Suite struct EditTests {
  private func edited(_ text: String, _ change: (inout MessageEdits) -> Void) throws -> String {
    String(decoding: try MCPMessage(Array(text.utf8)).edited(change), as: UTF8.self)
  }

  @Test func valuesThatNobodyChangesStayAsTheyAreWritten() throws {
    let odd = #"{ "a" : 1.0e0 , "a":[ 1 ] }"#
    let text = #"{"jsonrpc":"2.0", "id" : 1,"method":"tools/call","params":{"name":"x","arguments":\#(odd)} }"#
    let call = try MCPMessage(Array(text.utf8))
    #expect(
      String(decoding: call.with(id: MessageIdentifier("new\"id")), as: UTF8.self)
        == #"{"jsonrpc":"2.0","id":"new\"id","method":"tools/call","params":{"name":"x","arguments":\#(odd)}}"#)
    #expect(
      String(decoding: call.with(name: "y.z"), as: UTF8.self)
        == #"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"y.z","arguments":\#(odd)}}"#)
  }

  @Test func missingObjectsAreMadeWhereTheyMeanSomething() throws {
    let ping = #"{"jsonrpc":"2.0","id":1,"method":"ping"}"#
    #expect(
      try edited(ping) { $0.set("a", 1, in: .requestMeta) }
        == #"{"jsonrpc":"2.0","id":1,"method":"ping","params":{"_meta":{"a":1}}}"#)
    #expect(try edited(ping) { $0.set("a", 1, in: .result) } == ping)
    #expect(try edited(ping) { $0.remove("a", in: .params) } == ping)
    let error = #"{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"m"}}"#
    #expect(try edited(error) { $0.setIfAbsent("resultType", "complete", in: .result) } == error)
    #expect(try edited(error) { $0.set("a", 1, in: .params) } == error)
    let result = #"{"jsonrpc":"2.0","id":1,"result":{}}"#
    #expect(
      try edited(result) { $0.set("a", 1, in: .resultMeta) }
        == #"{"jsonrpc":"2.0","id":1,"result":{"_meta":{"a":1}}}"#)
  }

  @Test func wholeObjectsAreReplacedAndTakenAway() throws {
    let text = #"{"jsonrpc":"2.0","method":"n","params":{"_meta":{"a":1},"b":2}}"#
    #expect(
      try edited(text) {
        $0.set("_meta", .object(["c": 3]), in: .params)
        $0.set("ignored", true, in: .requestMeta)
      } == #"{"jsonrpc":"2.0","method":"n","params":{"_meta":{"c":3},"b":2}}"#)
    #expect(
      try edited(text) { $0.remove("_meta", in: .params) } == #"{"jsonrpc":"2.0","method":"n","params":{"b":2}}"#)
    #expect(try edited(text) { $0.remove("params") } == #"{"jsonrpc":"2.0","method":"n"}"#)
  }

  @Test func requestsChangeTheirEra() throws {
    let envelope = ModernEnvelope(
      capabilities: ClientCapabilities(elicitation: [.url]), client: Implementation(name: "gateway", version: "1"))
    let legacy = #"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x","_meta":{"progressToken":7}}}"#
    let modern = try MCPMessage(MCPMessage(Array(legacy.utf8)).modernRequest(envelope))
    #expect(modern.protocolVersion == "2026-07-28")
    #expect(modern.clientCapabilities?.elicitation == [.url])
    #expect(modern.clientInfo == envelope.client)
    #expect(modern.progressToken == MessageIdentifier(7))
    #expect(String(decoding: modern.legacyRequest(), as: UTF8.self) == legacy)
  }

  @Test func resultsChangeTheirEra() throws {
    let legacy = #"{"jsonrpc":"2.0","id":1,"result":{"tools":[]}}"#
    let message = try MCPMessage(Array(legacy.utf8))
    let listed = #"{"tools":[],"resultType":"complete","ttlMs":0,"cacheScope":"private"}"#
    #expect(
      String(decoding: message.modernResponse(to: "tools/list"), as: UTF8.self)
        == #"{"jsonrpc":"2.0","id":1,"result":\#(listed)}"#)
    #expect(
      String(decoding: message.modernResponse(to: "tools/call"), as: UTF8.self)
        == #"{"jsonrpc":"2.0","id":1,"result":{"tools":[],"resultType":"complete"}}"#)
    let modern = try MCPMessage(message.modernResponse(to: "tools/list"))
    #expect(String(decoding: modern.legacyResponse(), as: UTF8.self) == legacy)
    // What the server said about caching is not ours to change.
    let hinted = #"{"jsonrpc":"2.0","id":1,"result":{"resultType":"complete","ttlMs":5,"cacheScope":"public"}}"#
    let kept = try MCPMessage(Array(hinted.utf8)).modernResponse(to: "tools/list")
    #expect(String(decoding: kept, as: UTF8.self) == hinted)
    let asking = try MCPMessage(Array(#"{"jsonrpc":"2.0","id":1,"result":{"resultType":"input_required"}}"#.utf8))
    #expect(asking.modernResponse(to: "resources/read") == asking.bytes)
  }

  /// Changing the text and reading it is the same as reading it and changing the value.
  @Test func changingTheTextIsChangingTheValue() throws {
    var random = Random(seed: 11)
    var (count, differ) = (0, 0)
    while count < 20_000 {
      let value = random.message()
      guard let message = try? MCPMessage(random.spelled(value)) else { continue }
      count += 1
      let edits = random.edits()
      let expected = DecodedEdits.apply(edits, to: value)
      let found = try JSONText(validating: message.edited(edits)).decoded()
      if found != expected { differ += 1 }
      // In pieces, it becomes the same text.
      if count % 4 == 0 {
        var rewriter = MessageRewriter(edits)
        var output: [UInt8] = []
        var index = 0
        while index < message.bytes.count {
          let end = min(message.bytes.count, index + random.number(1...9))
          try rewriter.rewrite(message.bytes[index..<end], into: &output)
          index = end
        }
        try rewriter.finish()
        if output != message.edited(edits) { differ += 1 }
      }
    }
    print("figure: 20,000 spliced messages, \(differ) differ")
    #expect(differ == 0)
  }

  @Test func aMessageThatIsCutOffIsNoticed() throws {
    var edits = MessageEdits()
    edits.set("id", 5)
    var rewriter = MessageRewriter(edits)
    var output: [UInt8] = []
    try rewriter.rewrite(Array(#"{"jsonrpc":"2.0","id":1,"result":{"content":"#.utf8), into: &output)
    #expect(throws: JSONProblem.self) { try rewriter.finish() }
  }

  @Test func aLargeResultPassesInPiecesAndNothingIsKept() throws {
    var edits = MessageEdits()
    edits.set("id", 5)
    edits.modernize(to: "tools/call", caching: .never)
    var rewriter = MessageRewriter(edits)
    var output: [UInt8] = []
    let head = #"{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":""#
    try rewriter.rewrite(Array(head.utf8), into: &output)
    let piece = [UInt8](repeating: UInt8(ascii: "x"), count: 64 * 1024)
    var total = output.count
    for _ in 0..<160 {
      output.removeAll(keepingCapacity: true)
      try rewriter.rewrite(piece, into: &output)
      #expect(output.count == piece.count)
      total += output.count
    }
    output.removeAll()
    try rewriter.rewrite(Array(#""}]}}"#.utf8), into: &output)
    try rewriter.finish()
    #expect(String(decoding: output, as: UTF8.self) == #""}],"resultType":"complete"}}"#)
    #expect(total > 10 * 1024 * 1024)
  }
}

/// What edits mean, said on decoded values.
private struct DecodedEdits {
  let edits: MessageEdits
  let hasMethod: Bool

  static func apply(_ edits: MessageEdits, to value: JSONValue) -> JSONValue {
    guard case .object(let message) = value else { return value }
    return .object(DecodedEdits(edits: edits, hasMethod: message["method"] != nil).edit(message, .message))
  }

  private func edit(_ members: [String: JSONValue], _ scope: MessageScope) -> [String: JSONValue] {
    var members = members
    for inner in MessageScope.allCases where inner.place?.parent == scope {
      guard let name = inner.place?.name, !isSettled(inner, isThere: members[name] != nil) else { continue }
      if case .object(let old)? = members[name] {
        members[name] = .object(edit(old, inner))
      } else if inner != .result, inner != .error, inner != .params || hasMethod {
        let made = edit([:], inner)
        if !made.isEmpty { members[name] = .object(made) }
      }
    }
    for edit in edits.edits where edit.scope == scope {
      switch edit.change {
      case .set(let text): members[edit.name] = try? text.decoded()
      case .setIfAbsent(let text): if members[edit.name] == nil { members[edit.name] = try? text.decoded() }
      case .remove: members[edit.name] = nil
      }
    }
    return members
  }

  /// Whether an edit of the whole leaves nothing to do for those of its members.
  private func isSettled(_ scope: MessageScope, isThere: Bool) -> Bool {
    guard let place = scope.place, let index = edits.index(of: Array(place.name.utf8), in: place.parent) else {
      return false
    }
    if case .setIfAbsent = edits.edits[index].change { return !isThere }
    return true
  }
}

extension Random {
  /// A message of any kind, with members that nobody knows.
  fileprivate mutating func message() -> JSONValue {
    var message = members()
    message["jsonrpc"] = "2.0"
    func put(_ name: String, _ random: inout Random) {
      var inner = random.members()
      if random.happens(oneIn: 2) {
        var meta = random.members()
        if random.happens(oneIn: 2) { meta["a"] = random.value(depth: 1) }
        inner["_meta"] = .object(meta)
      }
      if random.happens(oneIn: 2) { inner["name"] = .string(random.text(maximumScalars: 5)) }
      message[name] = .object(inner)
    }
    switch number(0...3) {
    case 0:
      message["id"] = happens(oneIn: 2) ? .integer(Int64(number(-5...5))) : .string(text(maximumScalars: 4))
      message["method"] = "tools/call"
      if !happens(oneIn: 4) { put("params", &self) }
    case 1:
      message["method"] = "notifications/x"
      if happens(oneIn: 2) { put("params", &self) }
    case 2:
      message["id"] = .integer(1)
      put("result", &self)
    default:
      message["id"] = .integer(1)
      message["error"] = .object(["code": .integer(-1), "message": .string(text(maximumScalars: 4))])
    }
    return .object(message)
  }

  fileprivate mutating func edits() -> MessageEdits {
    var edits = MessageEdits()
    let names = ["id", "name", "a", "b", "_meta", "ttlMs", text(maximumScalars: 2)]
    for _ in 0..<number(1...5) {
      let scope = element(of: MessageScope.allCases)
      var name = element(of: names)
      // The kind of a message is not changed: nobody needs it, and another kind would be another message.
      if scope == .message, name == "_meta" { name = happens(oneIn: 3) ? "params" : "x" }
      switch number(0...2) {
      case 0: edits.set(name, JSONText(value(depth: 2)), in: scope)
      case 1: edits.setIfAbsent(name, JSONText(value(depth: 2)), in: scope)
      default: edits.remove(name, in: scope)
      }
    }
    return edits
  }

  /// A text of a value with members in any order, white space, and escapes that nobody needs.
  fileprivate mutating func spelled(_ value: JSONValue) -> [UInt8] {
    var bytes: [UInt8] = []
    spell(value, &bytes)
    return bytes
  }

  private mutating func spell(_ value: JSONValue, _ bytes: inout [UInt8]) {
    space(&bytes)
    switch value {
    case .object(let members):
      bytes.append(UInt8(ascii: "{"))
      for (index, member) in members.shuffled(using: &self).enumerated() {
        if index > 0 { bytes.append(UInt8(ascii: ",")) }
        space(&bytes)
        spell(member.key, &bytes)
        space(&bytes)
        bytes.append(UInt8(ascii: ":"))
        spell(member.value, &bytes)
      }
      bytes.append(UInt8(ascii: "}"))
    case .array(let elements):
      bytes.append(UInt8(ascii: "["))
      for (index, element) in elements.enumerated() {
        if index > 0 { bytes.append(UInt8(ascii: ",")) }
        spell(element, &bytes)
      }
      bytes.append(UInt8(ascii: "]"))
    case .string(let text): spell(text, &bytes)
    default: bytes += JSONText(value).bytes
    }
    space(&bytes)
  }

  private mutating func spell(_ text: String, _ bytes: inout [UInt8]) {
    guard happens(oneIn: 5) else {
      bytes += JSONText(text).bytes
      return
    }
    bytes.append(UInt8(ascii: "\""))
    for unit in text.utf16 {
      let digits = String(unit, radix: 16)
      bytes += Array("\\u\(String(repeating: "0", count: 4 - digits.count))\(digits)".utf8)
    }
    bytes.append(UInt8(ascii: "\""))
  }

  private mutating func space(_ bytes: inout [UInt8]) {
    if happens(oneIn: 6) { bytes.append(element(of: [0x20, 0x09, 0x0A, 0x0D])) }
  }
}
