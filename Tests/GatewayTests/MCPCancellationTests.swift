import AsyncHTTPClient
import Foundation
import MCP
import Model
import TestSupport
import Testing

@testable import GatewayKit

/// Legacy clients take calls back by a notification.
@Suite struct MCPCancellationTests {
  private static func cancelled(_ id: String) -> String {
    #"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"\#(id)","reason":"enough"}}"#
  }

  @Test(arguments: Era.allCases, [false, true])
  func aCallThatIsTakenBackEndsHereAndAtTheServer(_ era: Era, _ hearsProgress: Bool) async throws {
    try await MCPWorld.with(era) { world async throws in
      let (arrived, arriving) = AsyncStream<Void>.makeStream()
      world.stub.change { script in
        script.call = { _ in
          arriving.yield()
          return .silence
        }
      }
      let client = try await world.client(.november2025, elicitation: #"{"url":{}}"#)
      let meta = hearsProgress ? #""progressToken":1"# : ""
      async let answer = client.call("echo", meta: meta)
      for await _ in arrived { break }
      let taken = try await client.send(Self.cancelled("c-1"), headers: client.modernHeaders("", nil))
      #expect(taken.status == 202)
      let ended = try await answer
      #expect(ended.code == -32_603 && ended.response["id"] == .string("c-1"))
      #expect(ended.type == (hearsProgress ? "text/event-stream" : "application/json"))
      await world.stub.untilGivenUp()
      guard era == .legacy else { return }
      let id = try #require(world.stub.calls.first?.message.id)
      while !world.stub.received.contains(where: { $0.message.cancelledRequest == id }) { try await letOthersRun() }
    }
  }

  @Test func nobodyTakesBackAnothersCall() async throws {
    try await MCPWorld.with(.legacy) { world async throws in
      let (arrived, arriving) = AsyncStream<Void>.makeStream()
      let (released, release) = AsyncStream<Void>.makeStream()
      world.stub.change { script in
        script.call = { received in
          arriving.yield()
          for await _ in released { break }
          return .result(#"{"content":[{"type":"text","text":"done"}]}"#)
        }
      }
      let client = try await world.client(.november2025, elicitation: #"{"url":{}}"#)
      let other = try await world.client(.november2025, elicitation: #"{"url":{}}"#)
      async let answer = client.call("echo")
      for await _ in arrived { break }
      // The same request id in another session, and another id in the same one.
      for (client, id) in [(other, "c-1"), (client, "c-2")] {
        _ = try await client.send(Self.cancelled(id), headers: client.modernHeaders("", nil))
      }
      release.yield()
      #expect(try await answer.text == "done")
    }
  }
}
