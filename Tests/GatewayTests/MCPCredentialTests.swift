import Foundation
import MCP
import Model
import Synchronization
import TestSupport
import Testing

@testable import GatewayKit

/// Whose token goes to the server, and what happens when it is refused or missing.
@Suite struct MCPCredentialTests {
  private static let oauth: @Sendable (inout MCPDirectory.Entry) -> Void = {
    $0.auth = MCPServerAuth(type: .oauth, integrationId: .random())
    $0.scopes = ["repo"]
  }

  /// Lets in whoever shows this token.
  private static func only(
    _ token: String, else refusal: StubMCPServer.Reply = .body("", status: 401)
  ) -> @Sendable (StubMCPServer.Received) -> StubMCPServer.Reply? {
    { $0.headers["authorization"] == "Bearer \(token)" ? nil : refusal }
  }

  @Test(arguments: Era.allCases) func aServerWithoutAuthenticationGetsNoToken(_ era: Era) async throws {
    try await MCPWorld.with(era) { world async throws in
      for revision in ProtocolRevision.supported {
        let client = try await world.client(revision)
        #expect(try await client.call("echo").text == "hi")
      }
      #expect(world.stub.calls.count == ProtocolRevision.supported.count)
      for received in world.stub.received {
        #expect(received.headers["authorization"] == nil)
        #expect(!received.headers.values.contains { $0.contains("lys_") }, "the caller's own credential went upstream")
      }
    }
  }

  struct StaticToken: Sendable {
    var header: String?
    var prefix: String?
    /// What the server gets.
    var name: String
    var value: String
  }

  @Test(arguments: [
    StaticToken(prefix: "Bearer", name: "authorization", value: "Bearer static-1"),
    StaticToken(header: "X-Api-Key", name: "x-api-key", value: "static-1"),
    StaticToken(header: "X-Token", prefix: "Key", name: "x-token", value: "Key static-1"),
  ])
  func aStaticTokenStandsWhereTheOwnerSaid(_ given: StaticToken) async throws {
    let (name, value) = (given.name, given.value)
    let auth = MCPServerAuth(type: .staticToken, header: given.header, prefix: given.prefix)
    let change: MCPWorld.Change = { $0.auth = auth }
    try await MCPWorld.with(change: change) { world async throws in
      world.gateway.neighbours.on(
        SecretEndpoints.releaseStaticToken, ReleasedStaticToken(token: WireSecret("static-1")))
      // What a client sends under that name is not what the server gets.
      let answer = try await world.client().request(
        "tools/call", #""name":"echo","arguments":{}"#, name: "echo",
        headers: name == "authorization" ? [:] : [name: "mine"])
      #expect(answer.text == "hi")
      #expect(world.stub.received.allSatisfy { $0.headers[name] == value })
      world.stub.change { $0.admit = { _ in .body("", status: 401) } }
      #expect(try await world.client().call("echo").text.contains("Its owner must renew it"))
    }
  }

  @Test(arguments: everyPairing)
  func theMembersOwnTokenGoesToTheServer(_ revision: ProtocolRevision, _ era: Era) async throws {
    try await MCPWorld.with(era, change: Self.oauth) { world async throws in
      world.stub.change { $0.admit = Self.only("access-1") }
      #expect(try await world.client(revision).call("echo").text == "hi")
      #expect(!world.stub.received.contains { $0.headers.values.contains { $0.contains("lys_") } })
    }
  }

  @Test(arguments: Era.allCases) func aRefusedTokenIsRefreshedOnceAndTheCallDoneOnce(_ era: Era) async throws {
    try await MCPWorld.with(era, change: Self.oauth) { world async throws in
      let n = world.gateway.neighbours
      _ = try await world.client().list()
      let token = Mutex("access-1")
      n.on(ConnectionEndpoints.resolve) { _ in try .json(n.ready(token.withLock { $0 })) }
      n.on(RefreshEndpoints.refresh) { _ in
        token.withLock { $0 = "access-2" }
        return try .json(RefreshOutcome(state: .refreshed))
      }
      world.stub.change { $0.admit = Self.only("access-2") }
      #expect(try await world.client().call("echo").text == "hi")
      #expect(world.gateway.calls(RefreshEndpoints.refresh).count == 1)
      #expect(world.stub.calls.filter { $0.headers["authorization"] == "Bearer access-2" }.count == 1)
      #expect(world.stub.calls.filter { $0.headers["authorization"] == "Bearer access-1" }.count <= 1)
    }
  }

  @Test func aTokenThatIsRefusedAfterItsRefreshAsksThePerson() async throws {
    try await MCPWorld.with(change: Self.oauth) { world async throws in
      _ = try await world.client().list()
      world.stub.change { $0.admit = { _ in .body("", status: 401) } }
      let answer = try await world.client(elicitation: #"{"url":{}}"#).call("echo")
      #expect(answer.result["resultType"] == .string("input_required"))
      #expect(world.gateway.calls(RefreshEndpoints.refresh).count == 1, "not again and again")
      let flow = try #require(try Self.flows(world).last)
      #expect(flow.connectionId == ConnectionID(rawValue: "con_1"), "the same account again")
    }
  }

  @Test func aLackingScopeIsAskedForWithTheOthers() async throws {
    try await MCPWorld.with(change: Self.oauth) { world async throws in
      let challenge = #"Bearer error="insufficient_scope", scope="mail.write mail.read""#
      world.stub.change { script in
        script.call = { _ in .body("", status: 403, headers: ["WWW-Authenticate": challenge]) }
      }
      let answer = try await world.client(elicitation: #"{"url":{}}"#).call("echo")
      #expect(answer.result["resultType"] == .string("input_required"))
      #expect(try Self.flows(world).last?.scopes.starts(with: ["repo", "mail.write", "mail.read"]) == true)
      #expect(world.gateway.calls(RefreshEndpoints.refresh).isEmpty, "a new token would reach no further")
      world.stub.change { $0.call = { _ in .body("no", status: 403, type: "text/plain") } }
      #expect(try await world.client().call("echo").text.contains("does not allow this account"))
    }
  }

  private static func flows(_ world: MCPWorld) throws -> [CreateFlow] {
    try world.gateway.calls(FlowEndpoints.create).map { try WireJSON.decode(CreateFlow.self, from: $0.body) }
  }

  // MARK: No Connection

  /// A member who connects an account when the test says so.
  private func withoutConnection(
    _ era: Era = .modern, _ body: (MCPWorld, @escaping @Sendable () -> Void) async throws -> Void
  ) async throws {
    try await MCPWorld.with(era, change: Self.oauth) { world async throws in
      let n = world.gateway.neighbours
      let isConnected = Mutex(false)
      n.on(ConnectionEndpoints.resolve) { _ in
        try .json(isConnected.withLock { $0 } ? n.ready() : ResolvedConnection(outcome: .none))
      }
      n.on(FlowEndpoints.status) { _ in
        try .json(FlowStatus(status: isConnected.withLock { $0 } ? .completed : .pending))
      }
      world.stub.change { $0.admit = Self.only("access-1") }
      try await body(world) { isConnected.withLock { $0 = true } }
    }
  }

  private static let page = "\(RunningGateway.publicURL)/connect/flw_1"

  @Test(arguments: Era.allCases)
  func aModernClientThatOpensAddressesIsAskedToAndComesBack(_ era: Era) async throws {
    try await withoutConnection(era) { world, connect in
      let client = try await world.client(elicitation: #"{"url":{}}"#)
      let asked = try await client.call("echo", #"{"n":1}"#)
      #expect(asked.result["resultType"] == .string("input_required"))
      let question = asked.result["inputRequests"]?["connect"]
      #expect(question?["method"] == .string("elicitation/create"))
      #expect(question?["params"]?["mode"] == .string("url"))
      #expect(question?["params"]?["url"] == .string(Self.page))
      let state = try #require(asked.result["requestState"]?.text)
      func answered(_ action: String) async throws -> MCPTestClient.Answer {
        let more = #","inputResponses":{"connect":{"action":"\#(action)"}},"requestState":"\#(state)""#
        return try await client.call("echo", #"{"n":1}"#, more: more)
      }
      let early = try await answered("accept")
      #expect(early.result["requestState"] == .string(state), "the person has not finished: the same page again")
      #expect(try await answered("decline").text.contains("declined"))
      #expect(world.stub.received.isEmpty)
      connect()
      #expect(try await answered("accept").text == "hi")
      let call = try #require(world.stub.calls.first)
      #expect(call.message.inputResponses == nil, "the answer was ours")
      #expect(call.message.requestState == nil)
      #expect(world.stub.calls.count == 1)
    }
  }

  @Test func aLegacyClientThatOpensAddressesGetsTheErrorForIt() async throws {
    try await withoutConnection { world, connect in
      let client = try await world.client(.november2025, elicitation: #"{"url":{}}"#)
      let asked = try await client.call("echo")
      #expect(asked.status == 200)
      #expect(asked.code == -32_042)
      guard case .array(let elicitations)? = asked.response["error"]?["data"]?["elicitations"] else {
        return #expect(Bool(false), "no elicitations")
      }
      #expect(elicitations.first?["url"] == .string(Self.page))
      #expect(elicitations.first?["elicitationId"] == .string("flw_1"))
      connect()
      #expect(try await client.call("echo").text == "hi")
    }
  }

  @Test(arguments: [
    (ProtocolRevision.july2026, "{}"), (.july2026, #"{"form":{}}"#), (.november2025, "{}"), (.june2025, #"{"url":{}}"#),
    (.march2025, #"{"url":{}}"#),
  ])
  func anyOtherClientGetsALinkToPassOn(_ revision: ProtocolRevision, _ elicitation: String) async throws {
    try await withoutConnection { world, connect in
      let client = try await world.client(revision, elicitation: elicitation)
      let asked = try await client.call("echo")
      #expect(asked.isError)
      #expect(asked.text.hasSuffix("\n\n\(Self.page)"))
      connect()
      #expect(try await client.call("echo").text == "hi")
    }
  }

  @Test func aStateOfSomebodyElseBeginsAnew() async throws {
    try await withoutConnection { world, _ in
      world.gateway.neighbours.fail(FlowEndpoints.status, ServiceError(.flowNotFound, "No such flow."))
      let more = #","inputResponses":{"connect":{"action":"accept"}},"requestState":"\#(FlowID.random().rawValue)""#
      let answer = try await world.client(elicitation: #"{"url":{}}"#).call("echo", more: more)
      #expect(answer.result["requestState"] == .string("flw_1"))
      #expect(world.stub.received.isEmpty)
    }
  }

  @Test func anAPIKeyHasNoAccountToCallWith() async throws {
    try await MCPWorld.with(change: Self.oauth) { world async throws in
      let answer = try await world.client(as: "lyk_key").call("echo")
      #expect(answer.isError)
      #expect(answer.text.contains("member"))
      #expect(world.stub.received.isEmpty)
    }
  }

  @Test func theServersOwnQuestionsAndTheirAnswersPassThrough() async throws {
    try await MCPWorld.with { world async throws in
      let question =
        #"{"resultType":"input_required","inputRequests":{"k":{"method":"elicitation/create","params":{"mode":"url","message":"Pay","url":"https://pay.example/1"}}},"requestState":"sealed"}"#
      world.stub.change { $0.call = { _ in .result(question) } }
      let client = try await world.client(elicitation: #"{"url":{}}"#)
      #expect(try await client.call("echo").result["requestState"] == .string("sealed"))
      #expect(world.stub.calls[0].message.clientCapabilities?.elicitation == [.url])
      _ = try await client.call("echo", more: #","inputResponses":{"k":{"action":"accept"}},"requestState":"sealed""#)
      #expect(world.stub.calls[1].message.requestState == "sealed")
      #expect(world.stub.calls[1].message.inputResponses?.text == #"{"k":{"action":"accept"}}"#)
      let legacy = try await world.client(.november2025, elicitation: #"{"url":{}}"#).call("echo")
      #expect(legacy.code == -32_042)
      let plain = try await world.client(.june2025).call("echo")
      #expect(plain.text == "Pay\n\nhttps://pay.example/1")
    }
  }

  @Test func aLegacyServersQuestionIsAskedInTheModernWay() async throws {
    try await MCPWorld.with(.legacy) { world async throws in
      let data = #"{"elicitations":[{"mode":"url","elicitationId":"e","url":"https://pay.example/1","message":"Pay"}]}"#
      world.stub.change { $0.call = { .body(StubMCPServer.error($0, -32_042, "Pay first", data: data)) } }
      let modern = try await world.client(elicitation: #"{"url":{}}"#).call("echo")
      #expect(modern.result["resultType"] == .string("input_required"))
      #expect(modern.code == nil, "the code does not exist in the modern era")
      #expect(try await world.client(.november2025, elicitation: #"{"url":{}}"#).call("echo").code == -32_042)
      #expect(try await world.client().call("echo").text == "Pay\n\nhttps://pay.example/1")
    }
  }
}
