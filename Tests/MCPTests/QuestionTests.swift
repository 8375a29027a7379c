import MCP
import Testing

/// What a legacy server asks in the middle of its answer, and what a client says to it.
@Suite struct QuestionTests {
  private static func question(_ params: String, method: String = "elicitation/create") throws -> InputRequest? {
    InputRequest(try MCPMessage(Array(#"{"jsonrpc":"2.0","id":"q","method":"\#(method)","params":\#(params)}"#.utf8)))
  }

  private static func answer(_ members: String) throws -> String {
    InputResponse.text(of: try MCPMessage(Array(#"{"jsonrpc":"2.0","id":"q",\#(members)}"#.utf8))).text
  }

  @Test(arguments: [#""mode":"form","#, ""]) func aFormIsReadWithItsSchemaAsItIsWritten(_ mode: String) throws {
    let schema = #"{"type":"object", "properties":{"n":{"minimum":1.50}}}"#
    let asked = try Self.question(#"{\#(mode)"message":"How many?","requestedSchema":\#(schema)}"#)
    guard case .form(let form)? = asked else { return #expect(Bool(false), "no form: \(String(describing: asked))") }
    #expect(form.message == "How many?" && form.requestedSchema.text == schema)
  }

  @Test func anAddressIsNoForm() throws {
    let asked = try Self.question(#"{"mode":"url","message":"Pay","url":"https://pay.example","elicitationId":"e"}"#)
    #expect(asked == .url(URLElicitation(message: "Pay", url: "https://pay.example", elicitationId: "e")))
  }

  @Test(arguments: ["{}", #"{"message":"x"}"#, #"{"mode":"other","message":"x","requestedSchema":{}}"#])
  func whatAsksNothingIsNoQuestion(_ params: String) throws {
    #expect(try Self.question(params) == nil)
  }

  @Test func anotherRequestIsNoQuestion() throws {
    #expect(try Self.question(#"{"message":"x","requestedSchema":{}}"#, method: "sampling/createMessage") == nil)
  }

  @Test(arguments: [
    (#""result":{"action":"accept","content":{"n":1.50},"more":1}"#, #"{"action":"accept","content":{"n":1.50}}"#),
    (#""result":{"action":"decline","content":{"n":1}}"#, #"{"action":"decline"}"#),
    (#""result":{"action":"perhaps"}"#, #"{"action":"cancel"}"#),
    (#""result":{}"#, #"{"action":"cancel"}"#),
    (#""error":{"code":-32601,"message":"no"}"#, #"{"action":"cancel"}"#),
  ])
  func anAnswerIsPassedOnWithoutWhatDoesNotBelong(_ given: String, _ passed: String) throws {
    #expect(try Self.answer(given) == passed)
  }
}
