import AsyncHTTPClient
import Foundation
import MCP
import Model
import NIOCore
import TestSupport
import Testing

@testable import GatewayKit

/// Which tools are listed, and that exactly these can be called.
@Suite struct MCPToolTests {
  private static let revisions: [ProtocolRevision] = [.july2026, .november2025]

  /// What is asked for beside the tools that are there.
  private static let strangers = ["nothing", "Echo", "mail__echo", "other__echo", "__echo", "ECHO ", "../echo"]

  private func refuses(
    _ world: MCPWorld, _ tool: String, in revision: ProtocolRevision, rule: String?
  ) async throws {
    for (path, name) in [(world.path, tool), ("/mcp", "mail__\(tool)")] {
      let client = try await world.client(revision, path: path)
      #expect(try await !client.list().contains(name), "\(name) is listed")
      let answer = try await client.call(name)
      if let rule {
        #expect(answer.isError)
        #expect(answer.text.contains("(rule: \(rule))"), "\(answer.text)")
      } else {
        #expect(answer.code == -32_602)
      }
    }
    #expect(world.stub.calls.isEmpty, "a refused call has reached the server")
  }

  @Test(arguments: revisions) func theServersCeilingHolds(_ revision: ProtocolRevision) async throws {
    let change: MCPWorld.Change = { $0.allowedTools = ["echo"] }
    try await MCPWorld.with(change: change) { world async throws in
      world.stub.change { $0.tools = ["echo", "delete"].map { StubMCPServer.tool($0) } }
      try await refuses(world, "delete", in: revision, rule: "server-ceiling")
      #expect(try await world.client(revision).list() == ["echo"])
      #expect(try await world.client(revision, path: "/mcp").list() == ["mail__echo"])
      await world.directory.change(world.server) { $0.allowedTools = [] }
      try await refuses(world, "echo", in: revision, rule: "server-ceiling")
    }
  }

  @Test(arguments: revisions) func theCharmsCeilingHolds(_ revision: ProtocolRevision) async throws {
    let change: MCPWorld.Change = {
      $0.charm = .init(id: "c", hasServer: true, allowedTools: ["echo"])
    }
    try await MCPWorld.with(change: change) { world async throws in
      world.stub.change { $0.tools = ["echo", "delete"].map { StubMCPServer.tool($0) } }
      try await refuses(world, "delete", in: revision, rule: "charm-ceiling")
      #expect(try await world.client(revision).call("echo").text == "hi")
    }
  }

  @Test(arguments: revisions) func aCharmWithoutTheServerReachesNothing(_ revision: ProtocolRevision) async throws {
    let change: MCPWorld.Change = { $0.charm = .init(id: "c", hasServer: false) }
    try await MCPWorld.with(change: change) { world async throws in
      let client = try await world.client(revision)
      #expect(try await client.list().isEmpty)
      #expect(try await client.call("echo").text.contains("(rule: charm-server)"))
      let all = try await world.client(revision, path: "/mcp")
      #expect(try await all.list().isEmpty)
      #expect(try await all.call("mail__echo").code == -32_602)
      #expect(world.stub.received.isEmpty, "not even its list was fetched")
    }
  }

  @Test(arguments: revisions, [MCPTool.State.new, .changed, .removed, .blocked])
  func whatIsNotApprovedIsWithheld(_ revision: ProtocolRevision, _ state: MCPTool.State) async throws {
    let change: MCPWorld.Change = { $0.pinning = true }
    try await MCPWorld.with(change: change) { world async throws in
      _ = try await world.client(revision).list()
      await world.directory.change(world.server) { $0.tools?["echo"]?.state = state }
      try await refuses(world, "echo", in: revision, rule: state == .blocked ? "tool-blocked" : "tool-quarantined")
    }
  }

  @Test(arguments: revisions) func whatIsGoneOrWasNeverThereIsUnknown(_ revision: ProtocolRevision) async throws {
    try await MCPWorld.with { world async throws in
      _ = try await world.client(revision).list()
      for name in Self.strangers { try await refuses(world, name, in: revision, rule: nil) }
      await world.directory.change(world.server) { $0.tools?["echo"]?.state = .removed }
      try await refuses(world, "echo", in: revision, rule: nil)
    }
  }

  @Test(arguments: revisions) func everyListedToolCanBeCalledByItsName(_ revision: ProtocolRevision) async throws {
    try await MCPWorld.with { world async throws in
      let names = ["echo", "a.b", "x__y", "-", "under_score"]
      world.stub.change { $0.tools = names.map { StubMCPServer.tool($0) } }
      for (path, prefix) in [(world.path, ""), ("/mcp", "mail__")] {
        let client = try await world.client(revision, path: path)
        let listed = try await client.list()
        #expect(Set(listed) == Set(names.map { prefix + $0 }))
        for name in listed { #expect(try await client.call(name).text == "hi", "\(name)") }
      }
      #expect(Set(world.stub.calls.compactMap(\.message.name)) == Set(names), "the server hears its own names")
    }
  }

  @Test func severalServersAreJoinedAndOneThatIsDownSpoilsNothing() async throws {
    try await MCPWorld.with { world async throws in
      try await StubMCPServer.with(.legacy) { other in
        world.directory.add("gone", "http://127.0.0.1:1/mcp")
        world.directory.add("not-allowed", other.url)
        let client = try await world.client(path: "/mcp")
        #expect(try await client.list() == ["mail__echo"])
        #expect(try await client.call("mail__echo").text == "hi")
        let answer = try await client.call("gone__echo")
        #expect(answer.code == -32_603)
        #expect(other.received.isEmpty, "an address that is not allowed is never asked")
      }
    }
  }

  @Test func aToolWhoseHeadersCannotBeIsNoToolForAModernClient() async throws {
    try await MCPWorld.with { world async throws in
      let bad = #"{"type":"object","properties":{"a":{"type":"object","x-mcp-header":"A"}}}"#
      world.stub.change { $0.tools = [StubMCPServer.tool("bad", schema: bad), StubMCPServer.tool("echo")] }
      let modern = try await world.client()
      #expect(try await modern.list() == ["echo"])
      #expect(try await modern.call("bad").code == -32_602)
      #expect(world.stub.calls.isEmpty)
      #expect(try await world.client(.november2025).call("bad").text == "hi")
    }
  }

  @Test(arguments: Era.allCases) func argumentsThatBelongInHeadersAreCheckedAndMadeAnew(_ era: Era) async throws {
    try await MCPWorld.with { world async throws in
      let schema = #"{"type":"object","properties":{"region":{"type":"string","x-mcp-header":"Region"}}}"#
      world.stub.change { $0.tools = [StubMCPServer.tool("echo", schema: schema)] }
      let client = try await world.client(era == .modern ? .july2026 : .november2025)
      let params = #""name":"echo","arguments":{"region":"Zürich"}"#
      let good = HeaderText.encode("Zürich")
      let answer = try await client.request("tools/call", params, name: "echo", headers: ["Mcp-Param-Region": good])
      #expect(answer.text == "hi")
      #expect(world.stub.calls.last?.headers["mcp-param-region"] == good)
      guard era == .modern else { return }
      let wrong = try await client.request("tools/call", params, name: "echo", headers: ["Mcp-Param-Region": "Bern"])
      #expect(wrong.status == 400)
      #expect(wrong.code == -32_020)
      #expect(world.stub.calls.count == 1)
    }
  }

  @Test func aListHasOnePage() async throws {
    try await MCPWorld.with { world async throws in
      #expect(try await world.client().request("tools/list", #""cursor":"x""#).code == -32_602)
    }
  }

  @Test func aListenerHearsOfChangesOfItsOrganizationOnly() async throws {
    try await MCPWorld.with { world async throws in
      let client = try await world.client()
      let body = client.body(
        "subscriptions/listen", #""notifications":{"toolsListChanged":true,"promptsListChanged":true}"#)
      let response = try await client.open(body, headers: client.modernHeaders("subscriptions/listen", nil))
      var parser = EventParser()
      var seen: [String] = []
      for try await piece in response.body {
        for event in try parser.parse(Array(piece.readableBytesView)) {
          let message = try MCPMessage(event.data)
          seen.append(try #require(message.method))
          guard seen.count == 1 else { break }
          #expect(message.text("notifications", in: .params)?.text == #"{"toolsListChanged":true}"#)
          await world.gateway.neighbours.changes.publish(.random())
          await world.gateway.neighbours.changes.publish(world.gateway.neighbours.organizationId)
        }
        if seen.count == 2 { break }
      }
      #expect(seen == ["notifications/subscriptions/acknowledged", "notifications/tools/list_changed"])
    }
  }
}
