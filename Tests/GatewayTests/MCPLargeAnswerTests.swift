import AsyncHTTPClient
import Foundation
import MCP
import Model
import NIOCore
import TestSupport
import Testing

@testable import GatewayKit

/// What is too large to be read first is held to what smaller answers are.
@Suite(.timeLimit(.minutes(5))) struct MCPLargeAnswerTests {
  /// More than is held before a message passes in pieces.
  private static let padding = String(repeating: "x", count: 300 << 10)

  /// What stands for the request's id.
  private static let id = "ID"
  /// What stands for the padding.
  private static let much = "MUCH"

  private static func fill(_ text: String, _ received: StubMCPServer.Received) -> String {
    text.replacingOccurrences(of: id, with: received.message.id?.text.text ?? "null")
      .replacingOccurrences(of: much, with: padding)
  }

  @Test(
    arguments: [
      #"{"jsonrpc":"2.0","id":"s-1","method":"sampling/createMessage","params":{"x":"MUCH"}}"#,
      #"{"jsonrpc":"2.0","id":ID,"params":{"mode":"url","x":"MUCH"},"method":"elicitation/create"}"#,
      #"{"jsonrpc":"2.0","params":{"data":"MUCH"},"method":"notifications/message"}"#,
      #"{"jsonrpc":"2.0","id":ID,"result":{"content":[{"type":"text","text":"MUCH"}]},"method":"elicitation/create"}"#,
      #"{"jsonrpc":"2.0","id":"another","result":{"content":[{"type":"text","text":"MUCH"}]}}"#,
      #"{"jsonrpc":"2.0","result":{"content":[{"type":"text","text":"MUCH"}]},"id":7}"#,
      #"{"jsonrpc":"2.0","result":{"content":[{"type":"text","text":"MUCH"}]}}"#,
      #"{"jsonrpc":"2.0","id":ID,"result":{"x":"MUCH"},"error":{"code":-1,"message":"m"}}"#,
      #"{"jsonrpc":"2.0","id":ID,"error":{"message":"m","data":{"elicitations":[],"x":"MUCH"},"code":-32042}}"#,
      #"{"jsonrpc":"2.0","id":ID,"result":{"inputRequests":{"x":"MUCH"},"resultType":"input_required"}}"#,
      #"{"jsonrpc":"2.0","id":ID,"result":{"resultType":"input_required","requestState":"MUCH"}}"#,
    ], [true, false])
  func whatIsNotTheAnswerReachesNobodyWhole(_ text: String, _ takesEvents: Bool) async throws {
    try await MCPWorld.with { world async throws in
      world.stub.change { $0.call = { .body(Self.fill(text, $0)) } }
      let client = try await world.client()
      let meta = takesEvents ? #""progressToken":1"# : ""
      let body = client.body("tools/call", #""name":"echo","arguments":{}"#, meta: meta)
      let response = try await client.open(body, headers: client.modernHeaders("tools/call", "echo"))
      var bytes: [UInt8] = []
      // It is an error of ours, or cut off.
      do {
        for try await piece in response.body { bytes += Array(piece.readableBytesView) }
      } catch {}
      let whole = String(decoding: bytes, as: UTF8.self).components(separatedBy: "data: ").last ?? ""
      let message = try? JSONText(validating: whole.utf8)
      #expect(
        message.map { $0.member("error")?.member("code")?.integer == -32_603 } ?? true, "\(whole.prefix(200))")
      #expect(world.stub.calls.count == 1)
    }
  }

  @Test func howALargeAnswerEndedIsOnRecord() async throws {
    try await MCPWorld.with { world async throws in
      let client = try await world.client()
      for text in [
        #"{"jsonrpc":"2.0","id":ID,"result":{"resultType":"complete","content":[{"type":"text","text":"MUCH"}]}}"#,
        #"{"jsonrpc":"2.0","id":ID,"result":{"content":[{"type":"text","text":"MUCH"}],"isError":true}}"#,
        #"{"jsonrpc":"2.0","id":ID,"error":{"code":-32603,"message":"MUCH"}}"#,
        #"{"jsonrpc":"2.0","id":"another","result":{"content":[{"type":"text","text":"MUCH"}]}}"#,
        #"{"jsonrpc":"2.0","result":{"content":[{"type":"text","text":"MUCH"}]},"id":"another"}"#,
      ] {
        world.stub.change { $0.call = { .body(Self.fill(text, $0)) } }
        _ = try? await client.call("echo")
      }
      var told: [String] = []
      while told.count < 5 {
        try await letOthersRun()
        told = try world.gateway.calls(AuditEndpoints.recordToolCalls).flatMap { request in
          try WireJSON.decode(RecordToolCalls.self, from: request.body).calls.map {
            "\($0.outcome.rawValue) \($0.reason ?? "-")"
          }
        }
      }
      #expect(
        told.sorted() == [
          "failed no_answer", "failed no_answer", "failed server_error", "failed tool_error", "succeeded -",
        ])
    }
  }
}
