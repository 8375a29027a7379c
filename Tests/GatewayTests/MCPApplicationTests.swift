import Foundation
import HTTPTypes
import MCP
import Model
import Synchronization
import TestSupport
import Testing

@testable import GatewayKit

/// Applications at MCP servers: who they are, whose accounts they use, and what their pages are told.
@Suite struct MCPApplicationTests {
  private static let description = ApplicationDescription(id: "app_1", appId: "com.example.notes", name: "Notes")
  private static let json = #"{"id":"app_1","appId":"com.example.notes","name":"Notes"}"#
  private static let oauth: @Sendable (inout MCPDirectory.Entry) -> Void = {
    $0.auth = MCPServerAuth(type: .oauth, integrationId: .random())
    $0.scopes = ["repo"]
  }

  private static func header(_ json: String = json) -> [String: String] {
    let text = Data(json.utf8).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
    return ["Lanyard-Application": text.replacing("=", with: "")]
  }

  private static func call(_ client: MCPTestClient, _ headers: [String: String] = header()) async throws
    -> MCPTestClient.Answer
  {
    try await client.request("tools/call", #""name":"echo","arguments":{}"#, name: "echo", headers: headers)
  }

  private static func requests(_ gateway: RunningGateway) throws -> [MCPAccessRequest] {
    try gateway.calls(MCPAccessEndpoints.authorize).map {
      try WireJSON.decode(OnBehalf<MCPAccessRequest>.self, from: $0.body).request
    }
  }

  // MARK: The header

  @Test func theHeaderNamesTheApplicationThatEveryDecisionIsAbout() async throws {
    try await MCPWorld.with { world async throws in
      let client = try await world.client()
      #expect(try await Self.call(client).text == "hi")
      _ = try await client.request("tools/list", headers: Self.header())
      #expect(try Self.requests(world.gateway).allSatisfy { $0.application == Self.description })
      let count = try Self.requests(world.gateway).count
      #expect(try await client.call("echo").text == "hi")
      let asked = try Self.requests(world.gateway).dropFirst(count)
      #expect(asked.count == 1 && asked.first?.application == nil, "without the header as before, from no kept answer")
      for received in world.stub.received {
        #expect(!received.headers.keys.contains { $0.hasPrefix("lanyard") }, "the server learns nothing of it")
      }
    }
  }

  @Test(arguments: [
    "", "{}", #"{"id":""}"#, #"{"id":7}"#, #"{"id":"a","admin":true}"#, #"{"id":"a","icon":"javascript:x"}"#,
    #"["a"]"#, "null", "not json", #"{"id":"a"}{"id":"b"}"#,
  ])
  func whatIsNoDescriptionIsRefused(_ json: String) async throws {
    try await MCPWorld.with { world async throws in
      let answer = try await Self.refusal(world, Self.header(json))
      #expect(answer.status == 400 && answer.code == .invalidRequest, "\(answer.text)")
      #expect(world.stub.received.isEmpty)
    }
  }

  @Test(arguments: [
    ["Lanyard-Application": "e30="], ["Lanyard-Application": "a b"], ["Lanyard-Application": "eyJpZCI6ImEifR"],
    ["Lanyard-Application": String(repeating: "A", count: 8_196)], ["Lanyard-Connection": "con_1"],
    ["Lanyard-Application": "eyJpZCI6ImEifQ", "Lanyard-Connection": "int_1"],
  ])
  func whatIsBadlyEncodedIsRefusedByName(_ headers: [String: String]) async throws {
    try await MCPWorld.with { world async throws in
      let answer = try await Self.refusal(world, headers)
      #expect(answer.status == 400 && answer.detail.contains("Lanyard-"), "\(answer.text)")
    }
  }

  private static func refusal(_ world: MCPWorld, _ headers: [String: String]) async throws -> RunningGateway.Answer {
    let client = try await world.client()
    let all = client.modernHeaders("tools/list", nil).merging(headers) { $1 }
    return try await world.gateway.call("POST", world.path, json: client.body("tools/list"), headers: all)
  }

  @Test func thePickedAccountIsPreferred() async throws {
    try await MCPWorld.with(change: Self.oauth) { world async throws in
      let neighbours = world.gateway.neighbours
      neighbours.on(ConnectionEndpoints.resolve, neighbours.ready())
      let picked = Self.header().merging(["Lanyard-Connection": "con_7"]) { $1 }
      #expect(try await Self.call(try await world.client(), picked).text == "hi")
      let asked = try world.gateway.calls(ConnectionEndpoints.resolve).map {
        try WireJSON.decode(ResolveConnection.self, from: $0.body)
      }
      #expect(asked.allSatisfy { $0.preferredConnectionId?.rawValue == "con_7" && $0.connectionId == nil })
    }
  }

  @Test func twoApplicationsOfOnePersonShareNoSession() async throws {
    try await MCPWorld.with(.legacy) { world async throws in
      let client = try await world.client()
      _ = try await Self.call(client)
      _ = try await Self.call(client, Self.header(#"{"id":"app_1","appId":"other"}"#))
      _ = try await Self.call(client, Self.header(#"{"id":"app_2"}"#))
      let sessions = Set(world.stub.calls.compactMap { $0.headers["mcp-session-id"] })
      #expect(world.stub.calls.count == 3 && sessions.count == 3)
    }
  }

  // MARK: What the page is told

  @Test func aPageGetsTheWholeFlowAndTheCallGoesOnAfterIt() async throws {
    try await MCPWorld.with(change: Self.oauth) { world async throws in
      let neighbours = world.gateway.neighbours
      neighbours.on(ConnectionEndpoints.resolve, ResolvedConnection(outcome: .none))
      let client = try await world.client()
      let asked = try await Self.call(client)
      #expect(asked.result["resultType"] == .string("input_required"))
      let flow = asked.result["_meta"]?["lanyard/flow"]
      #expect(flow?["id"]?.text == "flw_1" && flow?["consent"]?["organizationName"]?.text == "Acme")
      let created = try WireJSON.decode(
        CreateFlow.self, from: try #require(world.gateway.calls(FlowEndpoints.create).first).body)
      #expect(created.application == Self.description, "the person is told who asks")
      #expect(world.stub.calls.isEmpty)
      neighbours.on(ConnectionEndpoints.resolve, neighbours.ready())
      neighbours.on(FlowEndpoints.status, FlowStatus(status: .completed))
      let answered = #","inputResponses":{"connect":{"action":"accept"}},"requestState":"flw_1""#
      let again = try await client.request(
        "tools/call", #""name":"echo","arguments":{}"# + answered, name: "echo", headers: Self.header())
      #expect(again.text == "hi" && world.stub.calls.count == 1)
    }
  }

  @Test func aRefusalByARuleSaysSoToPrograms() async throws {
    let empty: MCPWorld.Change = { $0.allowedTools = [] }
    try await MCPWorld.with(change: empty) { world async throws in
      let answer = try await Self.call(try await world.client())
      #expect(answer.isError && answer.text.contains("(rule: server-ceiling)"))
      #expect(answer.result["_meta"]?["lanyard/refusal"]?["rule"]?.text == "server-ceiling")
      #expect(world.stub.calls.isEmpty)
    }
  }

  // MARK: Connecting

  private static func connect(
    _ world: MCPWorld, _ more: String = "", as credential: String = "lys_member"
  ) async throws -> RunningGateway.Answer {
    try await world.gateway.call(
      "POST", "/v1/mcp-servers/\(world.server.rawValue)/connect", as: credential,
      json: #"{"application":\#(json)\#(more)}"#)
  }

  @Test(arguments: Era.allCases) func connectingGreetsTheServer(_ era: Era) async throws {
    try await MCPWorld.with(era) { world async throws in
      let answer = try await Self.connect(world)
      #expect(answer.json["status"]?.text == "ready" && answer.json["name"]?.text == "Mail")
      let server = answer.json["server"]
      // The modern stub does not say what it is.
      #expect(server?["name"]?.text == (era == .legacy ? "stub" : "Mail"))
      #expect(server?["version"]?.text == (era == .legacy ? "1" : "unknown"))
      #expect(!answer.text.contains(world.stub.url))
      let without = try await world.gateway.call("POST", "/v1/mcp-servers/\(world.server.rawValue)/connect")
      #expect(without.json == .object(["status": .string("ready")]), "as before")
    }
  }

  @Test func connectingLeadsToConsentForTheApplication() async throws {
    try await MCPWorld.with(change: Self.oauth) { world async throws in
      world.gateway.neighbours.on(ConnectionEndpoints.resolve, ResolvedConnection(outcome: .none))
      let answer = try await Self.connect(world)
      #expect(answer.json["status"]?.text == "consentRequired" && answer.json["flow"]?["id"]?.text == "flw_1")
      #expect(world.stub.received.isEmpty)
    }
  }

  @Test func severalAccountsAreOffered() async throws {
    try await MCPWorld.with(change: Self.oauth) { world async throws in
      let neighbours = world.gateway.neighbours
      let accounts = ["con_1", "con_2"].map { neighbours.connection(ConnectionID(rawValue: $0)) }
      neighbours.on(ConnectionEndpoints.resolve, ResolvedConnection(outcome: .selectAccount, choices: accounts))
      let answer = try await Self.connect(world)
      #expect(answer.json["status"]?.text == "selectAccount" && answer.json["flow"]?["id"]?.text == "flw_1")
      guard case .array(let offered)? = answer.json["accounts"] else { throw MissingAccounts() }
      #expect(offered.compactMap { $0["id"]?.text } == ["con_1", "con_2"])
      let call = try await Self.call(try await world.client())
      #expect(call.isError && call.text.contains("Several accounts"), "a call cannot ask")
    }
  }

  private struct MissingAccounts: Error {}

  @Test func aTokenThatTheServerRefusesIsRefreshedOnceAndThenAskedForAgain() async throws {
    try await MCPWorld.with(change: Self.oauth) { world async throws in
      let neighbours = world.gateway.neighbours
      let token = Mutex("old")
      neighbours.on(RefreshEndpoints.refresh) { _ in
        token.withLock { $0 = "new" }
        return try .json(RefreshOutcome(state: .refreshed))
      }
      neighbours.on(ConnectionEndpoints.resolve) { _ in try .json(neighbours.ready(token.withLock { $0 })) }
      world.stub.change { $0.admit = { $0.headers["authorization"] == "Bearer new" ? nil : .body("", status: 401) } }
      #expect(try await Self.connect(world).json["status"]?.text == "ready")
      #expect(world.gateway.calls(RefreshEndpoints.refresh).count == 1)
      world.stub.change { $0.admit = { _ in .body("", status: 401) } }
      let other = #"{"application":{"id":"app_2"}}"#
      let refused = try await world.gateway.call(
        "POST", "/v1/mcp-servers/\(world.server.rawValue)/connect", json: other)
      #expect(refused.json["status"]?.text == "consentRequired")
    }
  }

  @Test func aServerThatIsDownOrRefusesTheOrganizationIsNoConsent() async throws {
    try await MCPWorld.with { world async throws in
      world.stub.change { $0.admit = { _ in .body("", status: 401) } }
      #expect(try await Self.connect(world).code == .policyDenied)
      world.stub.change { $0.admit = { _ in .body("", status: 500) } }
      #expect(try await Self.connect(world).code == .providerUnavailable)
    }
  }

  @Test func anAccountWithoutAnApplicationIsAMistake() async throws {
    try await MCPWorld.with { world async throws in
      let answer = try await world.gateway.call(
        "POST", "/v1/mcp-servers/\(world.server.rawValue)/connect", json: #"{"preferredConnectionId":"con_1"}"#)
      #expect(answer.status == 400 && answer.detail.contains("application"))
    }
  }

  // MARK: Listing

  @Test func anApplicationSeesNamesAndCeilingsOnly() async throws {
    let two: MCPWorld.Change = { $0.allowedTools = ["b", "a"] }
    try await MCPWorld.with(change: two) { world async throws in
      world.directory.add("talk", world.stub.url) { entry in
        entry.charm = .init(id: "c", hasServer: true, allowedTools: ["b"])
        entry.allowedTools = ["a", "b"]
      }
      world.directory.add("hidden", world.stub.url) { $0.charm = .init(id: "c", hasServer: false) }
      for credential in ["lys_member", "lys_owner"] {
        let answer = try await world.gateway.call(
          "POST", "/v1/mcp-servers/list", as: credential, json: #"{"application":\#(Self.json)}"#)
        guard case .array(let items)? = answer.json["items"] else { throw MissingAccounts() }
        #expect(items.map { $0["name"]?.text } == ["Mail", "Talk"])
        #expect(items[0]["allowedTools"] == .array([.string("a"), .string("b")]))
        #expect(items[1]["allowedTools"] == .array([.string("b")]))
        for hidden in ["url", "auth", "slug", "http"] { #expect(!answer.text.contains(hidden)) }
      }
      #expect(try Self.requests(world.gateway).allSatisfy { $0.application == Self.description })
    }
  }

  @Test func aBlockedApplicationSeesAndUsesNothing() async throws {
    try await MCPWorld.with { world async throws in
      let blocked = ServiceError(.applicationBlocked, "Blocked.")
      world.gateway.neighbours.fail(MCPAccessEndpoints.authorize, blocked)
      let list = try await world.gateway.call(
        "POST", "/v1/mcp-servers/list", json: #"{"application":\#(Self.json)}"#)
      #expect(list.code == .applicationBlocked)
      #expect(try await Self.connect(world).code == .applicationBlocked)
      let call = try await Self.call(try await world.client())
      #expect(call.code == -32_602 && world.stub.received.isEmpty)
    }
  }
}
