import MCP
import Testing

/// Several messages in one body, as revision 2025-03-26 has them.
@Suite struct BatchTests {
  private static let ping = #"{"jsonrpc":"2.0","id":1,"method":"ping"}"#

  private static func read(_ text: String) throws -> [MCPMessage]? {
    try MessageBatch.messages(in: Array(text.utf8))
  }

  @Test func eachMessageIsReadAsItIsWritten() throws {
    let notification = #"{"jsonrpc":"2.0","method":"notifications/initialized"}"#
    let messages = try #require(try Self.read(" \n[\(Self.ping) ,\(notification)] "))
    #expect(messages.map { String(decoding: $0.bytes, as: UTF8.self) } == [Self.ping, notification])
  }

  @Test(arguments: [ping, "", "  ", "7", "nonsense"]) func whatIsNoArrayIsNoBatch(_ text: String) throws {
    #expect(try Self.read(text) == nil)
  }

  @Test(arguments: [
    "[]", "[1]", "[[\(ping)]]", "[\(ping)", #"[{"jsonrpc":"1.0","id":1,"method":"ping"}]"#,
    "[" + Array(repeating: ping, count: MessageBatch.maximumCount + 1).joined(separator: ",") + "]",
  ])
  func anArrayOfAnythingElseIsRefused(_ text: String) {
    #expect(throws: MessageProblem.self) { try Self.read(text) }
  }

  @Test func asManyAsThereMayBe() throws {
    let text = "[" + Array(repeating: Self.ping, count: MessageBatch.maximumCount).joined(separator: ",") + "]"
    #expect(try Self.read(text)?.count == MessageBatch.maximumCount)
  }
}
