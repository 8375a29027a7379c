import Model
import Testing

@testable import MCP

@Suite struct MessageTests {
  private func message(_ text: String) throws -> MCPMessage { try MCPMessage(Array(text.utf8)) }

  @Test func aModernCallIsUnderstood() throws {
    let call = try message(
      #"""
      {"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"get_weather","arguments":{"location":"Seattle"},
      "inputResponses":{"k":{"action":"accept"}},"requestState":"s",
      "_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28",
      "io.modelcontextprotocol/clientCapabilities":{"elicitation":{"form":{},"url":{}},"extensions":{"x/tasks":{}}},
      "io.modelcontextprotocol/clientInfo":{"name":"X","version":"1"},"progressToken":"abc"}}}
      """#)
    #expect(call.kind == .request(id: MessageIdentifier(1), method: "tools/call"))
    #expect(call.name == "get_weather")
    #expect(call.arguments?.text == #"{"location":"Seattle"}"#)
    #expect(call.protocolVersion == "2026-07-28")
    #expect(call.clientCapabilities?.elicitation == [.form, .url])
    #expect(call.clientCapabilities?.extensions == ["x/tasks"])
    #expect(call.clientInfo?.name == "X")
    #expect(call.progressToken == MessageIdentifier("abc"))
    #expect(call.requestState == "s")
    #expect(InputResponse.all(in: call) == ["k": InputResponse(action: .accept)])
    #expect(Era.of(call, versionHeader: nil) == .modern)
  }

  @Test func everyKindIsTold() throws {
    #expect(
      try message(#"{"jsonrpc":"2.0","id":"a","method":"ping"}"#).kind
        == .request(id: MessageIdentifier("a"), method: "ping"))
    #expect(
      try message(#"{"method":"notifications/initialized","jsonrpc":"2.0"}"#).kind
        == .notification(method: "notifications/initialized"))
    #expect(try message(#"{"result":{},"id":-7,"jsonrpc":"2.0"}"#).kind == .response(id: MessageIdentifier(-7)))
    let error = try message(#"{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"no","data":[1]}}"#)
    #expect(error.kind == .errorResponse(id: nil))
    #expect(error.errorCode == -32_600)
    #expect(error.errorMessage == "no")
    #expect(error.errorData?.text == "[1]")
    #expect(try message(#"{"jsonrpc":"2.0","error":{"code":1,"message":""}}"#).kind == .errorResponse(id: nil))
  }

  @Test(arguments: [
    (#"{}"#, -32_600), (#"[]"#, -32_600), (#"1"#, -32_600), (#"{"jsonrpc":"1.0","id":1,"method":"a"}"#, -32_600),
    (#"{"jsonrpc":2.0,"id":1,"method":"a"}"#, -32_600), (#"{"jsonrpc":"2.0","id":null,"method":"a"}"#, -32_600),
    (#"{"jsonrpc":"2.0","id":1.5,"method":"a"}"#, -32_600), (#"{"jsonrpc":"2.0","id":1e3,"method":"a"}"#, -32_600),
    (#"{"jsonrpc":"2.0","id":{},"method":"a"}"#, -32_600), (#"{"jsonrpc":"2.0","id":true,"method":"a"}"#, -32_600),
    (#"{"jsonrpc":"2.0","id":"\ud800","method":"a"}"#, -32_600), (#"{"jsonrpc":"2.0","id":1,"method":5}"#, -32_600),
    (#"{"jsonrpc":"2.0","id":1,"method":""}"#, -32_600), (#"{"jsonrpc":"2.0","id":1}"#, -32_600),
    (#"{"jsonrpc":"2.0","id":1,"method":"a","params":[1]}"#, -32_600),
    (#"{"jsonrpc":"2.0","id":1,"method":"a","params":{"_meta":null}}"#, -32_600),
    (#"{"jsonrpc":"2.0","id":1,"method":"a","result":{}}"#, -32_600),
    (#"{"jsonrpc":"2.0","id":1,"result":{},"error":{"code":1}}"#, -32_600),
    (#"{"jsonrpc":"2.0","id":1,"result":[]}"#, -32_600), (#"{"jsonrpc":"2.0","id":1,"error":{"code":"x"}}"#, -32_600),
    (#"{"jsonrpc":"2.0","id":null,"result":{}}"#, -32_600), (#"{"jsonrpc":"2.0","method":"a""#, -32_700),
    (#"{"jsonrpc":"2.0","method":"a","method":"b"}"#, -32_700),
    (#"{"jsonrpc":"2.0","method":"a","\u006dethod":"b"}"#, -32_700),
    (#"{"jsonrpc":"2.0","id":1,"method":"a","params":{"name":"x","n\u0061me":"y"}}"#, -32_700),
    (#"{"jsonrpc":"2.0","id":1,"method":"a","params":{"_meta":{"a":1,"a":2}}}"#, -32_700),
    (#"{"jsonrpc":"2.0","id":1,"method":"a"}{"#, -32_700), ("", -32_700),
  ])
  func whatIsNoMessageIsRefusedWithTheRightCode(text: String, code: Int) {
    let problem = #expect(throws: MessageProblem.self) { try message(text) }
    #expect(problem?.code.rawValue == code, "\(text)")
  }

  @Test func aMemberIsFoundHoweverItIsSpelled() throws {
    let call = try message(#"{"jsonrpc":"2.0","id":1,"m\u0065thod":"tools\/call","params":{"n\u0061me":"\u0061"}}"#)
    #expect(call.method == "tools/call")
    #expect(call.name == "a")
  }

  @Test func whatLiesInArgumentsIsNotTakenForTheMessage() throws {
    let call = try message(
      #"{"jsonrpc":"2.0","id":1,"method":"a","params":{"arguments":{"id":2,"id":3,"name":"b","_meta":[]}}}"#)
    #expect(call.id == MessageIdentifier(1))
    #expect(call.name == nil)
    #expect(throws: JSONProblem.self) { try call.arguments?.decoded() }
  }

  @Test func tooManyMembersOrTooLongNamesAreRefused() throws {
    let many = (0...300).map { "\"m\($0)\":0" }.joined(separator: ",")
    #expect(throws: MessageProblem.self) { try message(#"{"jsonrpc":"2.0","method":"a",\#(many)}"#) }
    _ = try message(#"{"jsonrpc":"2.0","method":"a","params":{"arguments":{\#(many)}}}"#)
    let long = String(repeating: "n", count: 300)
    #expect(throws: MessageProblem.self) { try message(#"{"jsonrpc":"2.0","method":"a","\#(long)":0}"#) }
  }

  @Test func identifiersAreEqualByMeaningAndKeptAsWritten() throws {
    let plain = try message(#"{"jsonrpc":"2.0","id":"a\/b","method":"x"}"#).id
    #expect(plain == MessageIdentifier("a/b"))
    #expect(plain?.text.text == #""a\/b""#)
    #expect(MessageIdentifier(1) != MessageIdentifier("1"))
    // Texts that only look alike are not the same caller's.
    #expect(MessageIdentifier("e\u{301}") != MessageIdentifier("\u{E9}"))
    let huge = "123456789012345678901234567890"
    #expect(try message(#"{"jsonrpc":"2.0","id":\#(huge),"method":"x"}"#).id?.description == huge)
    #expect(throws: MessageProblem.self) {
      try message(#"{"jsonrpc":"2.0","id":"\#(String(repeating: "i", count: 300))","method":"x"}"#)
    }
  }

  @Test func batchesAreReadWhereTheyExist() throws {
    let body = Array(#" [ {"jsonrpc":"2.0","id":1,"method":"ping"} , {"jsonrpc":"2.0","method":"n"} ] "#.utf8)
    let payload = try MCPPayload(body, allowsBatch: true)
    #expect(payload.messages.map(\.method) == ["ping", "n"])
    #expect(throws: MessageProblem.self) { try MCPPayload(body, allowsBatch: false) }
    for bad in ["[]", "[1]", "[{}]", #"[{"jsonrpc":"2.0","method":"n"}"#, #"[[{"jsonrpc":"2.0","method":"n"}]]"#] {
      #expect(throws: MessageProblem.self, "\(bad)") { try MCPPayload(Array(bad.utf8), allowsBatch: true) }
    }
    let one = #"{"jsonrpc":"2.0","method":"n"}"#
    let most = "[\(Array(repeating: one, count: MCPPayload.maximumBatch).joined(separator: ","))]"
    #expect(try MCPPayload(Array(most.utf8), allowsBatch: true).messages.count == MCPPayload.maximumBatch)
    let more = "[\(Array(repeating: one, count: MCPPayload.maximumBatch + 1).joined(separator: ","))]"
    #expect(throws: MessageProblem.self) { try MCPPayload(Array(more.utf8), allowsBatch: true) }
    let answers = MCPPayload.batch(of: [Array("{}".utf8), Array("{}".utf8)])
    #expect(String(decoding: answers, as: UTF8.self) == "[{},{}]")
  }

  @Test func resultsSayWhatBecameOfTheRequest() throws {
    func type(_ result: String) throws -> ResultType? {
      try message(#"{"jsonrpc":"2.0","id":1,"result":\#(result)}"#).resultType
    }
    #expect(try type("{}") == .complete)
    #expect(try type(#"{"resultType":"complete"}"#) == .complete)
    #expect(try type(#"{"resultType":"input_required"}"#) == .inputRequired)
    #expect(try type(#"{"resultType":"task"}"#) == .other("task"))
    #expect(try type(#"{"resultType":7}"#) == .other(""))
    #expect(try message(#"{"jsonrpc":"2.0","id":1,"result":{"isError":true}}"#).isToolError)
    #expect(try !message(#"{"jsonrpc":"2.0","id":1,"result":{"isError":"true"}}"#).isToolError)
  }
}
