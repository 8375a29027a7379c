import AsyncHTTPClient
import Foundation
import MCP
import Model
import NIOCore
import Synchronization
import TestSupport
import Testing

@testable import GatewayKit

/// Servers ask a client's person to fill in a form, whatever the eras of the two.
@Suite struct MCPFormTests {
  private static let schema = #"{"type":"object","properties":{"colour":{"type":"string"}}}"#
  private static let forms = #"{"form":{}}"#

  /// A legacy server that asks in the middle of its answer, and ends with what it was told.
  private static func asks(_ world: MCPWorld) {
    let question = #"{"jsonrpc":"2.0","id":"q-1","method":"elicitation/create","params":{"message":"Which?","#
    let stub = world.stub
    stub.change { script in
      script.call = { received in
        .events { send in
          try await send(question + #""requestedSchema":\#(schema)}}"#)
          while true {
            if let told = stub.received.first(where: { $0.message.isResponse })?.message {
              let text = told.string("action", in: .result) ?? "error"
              let colour = told.text("content", in: .result)?.member("colour")?.string ?? "none"
              return try await send(
                StubMCPServer.result(received, #"{"content":[{"type":"text","text":"\#(text) \#(colour)"}]}"#))
            }
            try await Task.sleep(for: .milliseconds(5))
          }
        }
      }
    }
  }

  @Test func aLegacyClientIsAskedAmongTheEventsOfItsCall() async throws {
    try await MCPWorld.with(.legacy) { world async throws in
      Self.asks(world)
      let client = try await world.client(.november2025, elicitation: Self.forms)
      let stranger = try await world.client(.november2025, elicitation: Self.forms)
      let body = client.body("tools/call", #""name":"echo","arguments":{}"#)
      let response = try await client.open(body, headers: client.modernHeaders("tools/call", "echo"))
      var parser = EventParser()
      var last: MCPMessage?
      for try await piece in response.body {
        for event in try parser.parse(Array(piece.readableBytesView)) {
          let message = try MCPMessage(event.data)
          last = message
          guard message.isRequest, let id = message.id?.text.text else { continue }
          #expect(message.method == "elicitation/create" && id != "\"q-1\"")
          #expect(message.text("requestedSchema", in: .params)?.text == Self.schema)
          // What another session says does not count.
          for (client, colour) in [(stranger, "red"), (client, "blue")] {
            let answer = try await client.send(
              #"{"jsonrpc":"2.0","id":\#(id),"result":{"action":"accept","content":{"colour":"\#(colour)"}}}"#,
              headers: client.modernHeaders("", nil))
            #expect(answer.status == 202)
          }
        }
      }
      #expect(last?.id == MessageIdentifier("c-1"))
      #expect(last.map { String(decoding: $0.bytes, as: UTF8.self) }?.contains("accept blue") == true)
      #expect(world.stub.calls.count == 1)
    }
  }

  @Test func aModernClientComesBackToTheSameCall() async throws {
    try await MCPWorld.with(.legacy) { world async throws in
      Self.asks(world)
      let client = try await world.client(.latest, elicitation: Self.forms)
      let asked = try await client.call("echo")
      #expect(asked.result["resultType"] == .string("input_required"))
      #expect(asked.result["inputRequests"]?["form"]?["params"]?["message"] == .string("Which?"))
      let state = try #require(asked.result["requestState"]?.text)
      let more =
        #","inputResponses":{"form":{"action":"accept","content":{"colour":"blue"}}},"requestState":"\#(state)""#
      let answer = try await client.call("echo", more: more)
      #expect(answer.text == "accept blue" && !answer.isError)
      #expect(world.stub.calls.count == 1, "the tool was called once")
      let again = try await client.call("echo", more: more)
      #expect(again.isError && again.text.contains("no longer open"))
      #expect(world.stub.calls.count == 1, "a state that was used begins nothing anew")
    }
  }

  @Test func onlyWhoWasAskedGoesOnWithTheCall() async throws {
    try await MCPWorld.with(.legacy) { world async throws in
      Self.asks(world)
      world.stub.change { $0.tools.append(StubMCPServer.tool("other")) }
      let client = try await world.client(.latest, elicitation: Self.forms)
      let state = try #require(try await client.call("echo").result["requestState"]?.text)
      func more(_ state: String) -> String {
        #","inputResponses":{"form":{"action":"accept","content":{"colour":"red"}}},"requestState":"\#(state)""#
      }
      // Without a member, for another tool, and with a state that was never given.
      var host = client
      host.credential = "lyk_key"
      #expect(try await host.call("echo", more: more(state)).isError)
      #expect(try await client.call("other", more: more(state)).isError)
      #expect(try await client.call("echo", more: more(state + "x")).isError)
      #expect(world.stub.calls.count == 1 && !world.stub.received.contains { $0.message.isResponse })
      #expect(try await client.call("echo", more: more(state)).text == "accept red")
    }
  }

  @Test(arguments: ProtocolRevision.supported) func whoShowsNoFormsIsNotAsked(_ revision: ProtocolRevision) async throws
  {
    try await MCPWorld.with(.legacy) { world async throws in
      let client = try await world.client(revision, elicitation: #"{"url":{}}"#)
      #expect(try await client.call("echo").text == "hi")
      let hello = try #require(world.stub.received.first { $0.method == "initialize" }).message
      #expect(hello.clientCapabilities?.elicitation == [], "the server is told that it cannot ask")
    }
  }

  @Test func aModernServersFormsAreFilledInBeforeItIsCalledAgain() async throws {
    try await MCPWorld.with(.modern) { world async throws in
      world.stub.change { script in
        script.call = { received in
          if let responses = received.message.inputResponses {
            let colour = responses.member("a")?.member("content")?.member("colour")?.string ?? "none"
            let state = received.message.requestState ?? ""
            return .result(#"{"resultType":"complete","content":[{"type":"text","text":"\#(colour) \#(state)"}]}"#)
          }
          let form = #"{"method":"elicitation/create","params":{"message":"Which?","requestedSchema":\#(Self.schema)}}"#
          return .result(
            #"{"resultType":"input_required","inputRequests":{"a":\#(form)},"requestState":"theirs"}"#)
        }
      }
      let client = try await world.client(.november2025, elicitation: Self.forms)
      let body = client.body("tools/call", #""name":"echo","arguments":{}"#)
      let response = try await client.open(body, headers: client.modernHeaders("tools/call", "echo"))
      var parser = EventParser()
      var last = ""
      for try await piece in response.body {
        for event in try parser.parse(Array(piece.readableBytesView)) {
          let message = try MCPMessage(event.data)
          last = String(decoding: event.data, as: UTF8.self)
          guard message.isRequest, let id = message.id?.text.text else { continue }
          _ = try await client.send(
            #"{"jsonrpc":"2.0","id":\#(id),"result":{"action":"accept","content":{"colour":"green"}}}"#,
            headers: client.modernHeaders("", nil))
        }
      }
      #expect(last.contains("green theirs") && last.contains(#""c-1""#))
      let ids = world.stub.calls.map(\.message.id)
      #expect(ids.count == 2 && ids[0] != ids[1], "the request with the answers is another one")
    }
  }
}
