import Testing

@testable import MCP

/// Responses are judged while they pass, however they are cut.
@Suite struct PassingResponseTests {
  private static let pieces = [1, 7, 4_096]

  private func judged(_ text: String, in pieces: Int) throws -> PassingResponse {
    var edits = MessageEdits()
    edits.set("id", "client")
    var rewriter = MessageRewriter(edits, judging: PassingResponse(to: MessageIdentifier("server")))
    var output: [UInt8] = []
    let bytes = Array(text.utf8)
    for start in stride(from: 0, to: bytes.count, by: pieces) {
      try rewriter.rewrite(bytes[start..<min(start + pieces, bytes.count)], into: &output)
    }
    return try #require(rewriter.response)
  }

  @Test(
    arguments: [
      (#"{"jsonrpc":"2.0","id":"server","result":{"content":[]}}"#, false, nil),
      (#"{"result":{"content":[]},"jsonrpc":"2.0", "id" : "\u0073erver" }"#, false, nil),
      (#"{"jsonrpc":"2.0","id":"server","result":{"isError":true,"content":[]}}"#, true, nil),
      (#"{"jsonrpc":"2.0","id":"server","result":{"content":[],"isErr\u006fr" : true }}"#, true, nil),
      (#"{"jsonrpc":"2.0","id":"server","result":{"isError":"true"}}"#, false, nil),
      (#"{"jsonrpc":"2.0","id":"server","result":{"isError":false,"resultType":"complete"}}"#, false, nil),
      (#"{"jsonrpc":"2.0","id":"server","result":{"resultType":"input_required_not"}}"#, false, nil),
      (#"{"jsonrpc":"2.0","id":"server","error":{"code":-32603,"message":"m"}}"#, false, -32_603),
      (#"{"jsonrpc":"2.0","error":{"message":"m","data":{"code":-32042},"code": -1 },"id":"server"}"#, false, -1),
      // What lies deeper says nothing about the message.
      (
        #"{"jsonrpc":"2.0","id":"server","result":{"content":[{"id":1,"method":"m","isError":true,"resultType":"input_required"}]}}"#,
        false, nil
      ),
      (#"{"jsonrpc":"2.0","id":"server","result":{"_meta":{"id":1,"method":"m","isError":true}}}"#, false, nil),
    ] as [(String, Bool, Int?)], pieces)
  func aResponsePassesAndSaysHowItEnded(_ response: (String, Bool, Int?), _ pieces: Int) throws {
    let found = try judged(response.0, in: pieces)
    #expect(found.mayPass)
    #expect(found.isToolError == response.1 && found.errorCode == response.2)
  }

  @Test(
    arguments: [
      #"{"jsonrpc":"2.0","id":"server","method":"sampling/createMessage","params":{}}"#,
      #"{"jsonrpc":"2.0","method":"notifications/message","params":{}}"#,
      #"{"jsonrpc":"2.0","id":"server","result":{},"method":"elicitation/create"}"#,
      #"{"jsonrpc":"2.0","id":"server","result":{},"m\u0065thod":null}"#,
      #"{"jsonrpc":"2.0","id":"other","result":{}}"#, #"{"jsonrpc":"2.0","result":{},"id":1}"#,
      #"{"jsonrpc":"2.0","id":null,"error":{"code":-1,"message":"m"}}"#, #"{"jsonrpc":"2.0","id":{},"result":{}}"#,
      #"{"jsonrpc":"2.0","result":{}}"#, #"{"jsonrpc":"2.0","error":{"code":-1,"message":"m"}}"#,
      #"{"jsonrpc":"2.0","id":"server\#(String(repeating: "r", count: 1_000))","result":{}}"#,
      #"{"jsonrpc":"2.0","id":"server"}"#, #"{"jsonrpc":"2.0","id":"server","params":{}}"#, "{}",
      #"{"jsonrpc":"2.0","id":"server","result":{},"error":{"code":-1,"message":"m"}}"#,
      #"{"jsonrpc":"2.0","id":"server","error":{"code":-1,"message":"m"},"result":{}}"#,
      #"{"jsonrpc":"2.0","id":"server","result":{"content":[],"resultType":"input_required"}}"#,
      #"{"jsonrpc":"2.0","id":"server","result":{"result\u0054ype":"\u0069nput_require\u0064"}}"#,
      #"{"jsonrpc":"2.0","id":"server","error":{"code":-32042,"message":"m","data":{}}}"#,
      #"{"jsonrpc":"2.0","id":"server","error":{"data":{},"message":"m","code":-32042.0}}"#,
      #"{"jsonrpc":"2.0","id":"server","error":{"message":"m"}}"#,
      #"{"jsonrpc":"2.0","id":"server","error":{"code":"-1","message":"m"}}"#,
    ], pieces)
  func anythingElseDoesNot(_ text: String, _ pieces: Int) throws {
    #expect(try !judged(text, in: pieces).mayPass)
  }

  @Test func itIsKnownAsSoonAsItIsRead() throws {
    #expect(try !judged(#"{"method":"m""#, in: 1).mayPass)
    #expect(try !judged(#"{"id":"other""#, in: 1).mayPass)
    #expect(try !judged(#"{"result":{"resultType":"input_required""#, in: 1).mayPass)
    #expect(try judged(#"{"result":{"content":[""#, in: 1).mayPass)
  }
}
