import Foundation
import MCP
import Model
import Synchronization
import TestSupport
import Testing

@testable import GatewayKit

/// Every tool call is put on record, and what cannot be is not made.
@Suite struct CallAuditTests {
  /// The calls that the stub of the policy service was told of, once they are as many as a test waits for.
  private final class Trail: Sendable {
    private struct State {
      var calls: [ToolCallRecord] = []
      var tellings = 0
      var watchers: [(Int, CheckedContinuation<Void, Never>)] = []
      var isBroken = false
      /// Calls that one telling may have; more are too large a body.
      var room = RecordToolCalls.maximumCount
    }
    private let state = Mutex(State())

    init(_ neighbours: Neighbours) {
      neighbours.on(AuditEndpoints.recordToolCalls) { [self] request in
        let told = try WireJSON.decode(RecordToolCalls.self, from: request.body)
        #expect(told.organizationId == neighbours.organizationId)
        let isTooLarge = state.withLock { told.calls.count > $0.room }
        if isTooLarge { return try .problem(ServiceError(.payloadTooLarge, "Too much.")) }
        let (isBroken, ready) = state.withLock { state in
          state.tellings += 1
          guard !state.isBroken else { return (true, [CheckedContinuation<Void, Never>]()) }
          state.calls += told.calls
          let ready = state.watchers.filter { $0.0 <= state.calls.count }
          state.watchers.removeAll { $0.0 <= state.calls.count }
          return (false, ready.map(\.1))
        }
        for watcher in ready { watcher.resume() }
        return isBroken ? try .problem(ServiceError(.unavailable, "Down.")) : try .json(Empty())
      }
    }

    var isBroken: Bool {
      get { state.withLock { $0.isBroken } }
      set { state.withLock { $0.isBroken = newValue } }
    }
    var room: Int {
      get { state.withLock { $0.room } }
      set { state.withLock { $0.room = newValue } }
    }
    var calls: [ToolCallRecord] { state.withLock { $0.calls } }
    var tellings: Int { state.withLock { $0.tellings } }

    func calls(_ count: Int) async -> [ToolCallRecord] {
      await withCheckedContinuation { continuation in
        let isThere = state.withLock { state in
          if state.calls.count >= count { return true }
          state.watchers.append((count, continuation))
          return false
        }
        if isThere { continuation.resume() }
      }
      return calls
    }
  }

  private static let canary = "canary-argument"

  @Test(.timeLimit(.minutes(2))) func everyCallIsOnRecordWithItsOutcome() async throws {
    try await MCPWorld.with { world async throws in
      let trail = Trail(world.gateway.neighbours)
      let client = try await world.client()
      world.stub.change { $0.tools = ["echo", "other"].map { StubMCPServer.tool($0) } }
      _ = try await client.list()
      await world.directory.change(world.server) { $0.tools?["other"]?.state = .blocked }
      func call(_ name: String, _ reply: StubMCPServer.Reply? = nil) async throws {
        if let reply { world.stub.change { $0.call = { _ in reply } } }
        _ = try await client.call(name, #"{"text":"\#(Self.canary)"}"#)
      }
      try await call("echo")
      try await call("other")
      try await call("gone")
      try await call("echo", .result(#"{"resultType":"complete","isError":true,"content":[]}"#))
      world.stub.change { $0.call = { .body(StubMCPServer.error($0, -32_603, "no")) } }
      try await call("echo")
      try await call("echo", .body("", status: 403))
      try await call("echo", .body("<p>", type: "text/html"))
      let calls = await trail.calls(7)
      let told = calls.map { "\($0.tool) \($0.outcome.rawValue) \($0.reason ?? "-")" }
      #expect(
        told.sorted() == [
          "echo failed no_answer", "echo failed server_error", "echo failed tool_error",
          "echo refused refused_by_server", "echo succeeded -", "gone refused unknown_tool",
          "other refused tool-blocked",
        ])
      #expect(calls.allSatisfy { $0.mcpServerId == world.server && $0.userId == world.gateway.neighbours.userId })
      #expect(calls.allSatisfy { $0.actor == Actor(kind: .member) && $0.requestId?.isEmpty == false })
      #expect(Set(calls.map(\.id)).count == calls.count)
      for request in world.gateway.calls(AuditEndpoints.recordToolCalls) {
        #expect(!String(decoding: request.body, as: UTF8.self).contains(Self.canary), "arguments are nobody's business")
      }
    }
  }

  @Test(.timeLimit(.minutes(2))) func aCallThatIsGivenUpIsOnRecord() async throws {
    try await MCPWorld.with { world async throws in
      let trail = Trail(world.gateway.neighbours)
      let (arrived, arriving) = AsyncStream<Void>.makeStream()
      world.stub.change { script in
        script.call = { _ in
          arriving.yield()
          return .silence
        }
      }
      let client = try await world.client()
      let call = Task { try await client.call("echo", meta: #""progressToken":1"#) }
      for await _ in arrived { break }
      call.cancel()
      let calls = await trail.calls(1)
      #expect(calls.map(\.reason) == [CallEnd.cancelled])
    }
  }

  @Test(.timeLimit(.minutes(2))) func whatCannotBeRecordedIsNotMade() async throws {
    // One organization may hold as many places as are free: two of four.
    let variables = ["LANYARD_LIMITS_MCP_UNRECORDED_CALLS": "4"]
    try await MCPWorld.with(variables: variables) { world async throws in
      let trail = Trail(world.gateway.neighbours)
      for revision in [ProtocolRevision.july2026, .november2025] {
        let client = try await world.client(revision)
        _ = try await client.list()
        trail.isBroken = true
        let (recorded, made) = (trail.calls.count, world.stub.calls.count)
        for _ in 0..<2 { #expect(try await client.call("echo").text == "hi") }
        let refused = try await client.call("echo")
        #expect(refused.status == 503)
        #expect(refused.code == -32_603)
        #expect(world.stub.calls.count == made + 2)
        trail.isBroken = false
        #expect(await trail.calls(recorded + 2).count == recorded + 2)
      }
    }
  }

  @Test(.timeLimit(.minutes(2))) func aGatewayThatStopsTellsTheLastCallsFirst() async throws {
    let trail = Mutex<Trail?>(nil)
    try await MCPWorld.with { world async throws in
      let told = Trail(world.gateway.neighbours)
      trail.withLock { $0 = told }
      told.isBroken = true
      let client = try await world.client()
      for _ in 0..<5 { _ = try await client.call("echo") }
      #expect(told.calls.isEmpty)
      // The policy service is back while the gateway stops.
      Task.detached {
        await world.gateway.service.beginStop()
        told.isBroken = false
      }
      #expect(await told.calls(5).count == 5)
    }
    let calls = try #require(trail.withLock { $0 }).calls
    #expect(Set(calls.map(\.id)).count == 5, "and none twice")
  }

  @Test(.timeLimit(.minutes(2))) func callsOfABusyMomentAreToldTogetherAndNoneIsLostByAStop() async throws {
    let calls = 100
    let kept = Mutex<Trail?>(nil)
    try await MCPWorld.with { world async throws in
      let trail = Trail(world.gateway.neighbours)
      kept.withLock { $0 = trail }
      let client = try await world.client()
      _ = try await client.list()
      let began = ContinuousClock.now
      for _ in 0..<calls { #expect(try await client.call("echo").text == "hi") }
      // Each worker pauses after each telling.
      let pauses = Int((ContinuousClock.now - began) / CallAudit.gathering)
      #expect(trail.tellings <= CallAudit.workers * (pauses + 1), "of \(calls) calls")
    }
    let told = try #require(kept.withLock { $0 }).calls
    #expect(told.count == calls && Set(told.map(\.id)).count == calls, "the last were told by the gateway that stopped")
  }

  @Test(.timeLimit(.minutes(2))) func whatIsTooMuchAtOnceIsToldInParts() async throws {
    try await MCPWorld.with { world async throws in
      let trail = Trail(world.gateway.neighbours)
      let client = try await world.client()
      _ = try await client.list()
      trail.isBroken = true
      for _ in 0..<7 { #expect(try await client.call("echo").text == "hi") }
      trail.room = 2
      trail.isBroken = false
      let told = await trail.calls(7)
      #expect(Set(told.map(\.id)).count == 7, "none is lost and none is told twice")
    }
  }

  @Test func whoseCallsHangLeavesPlacesToOthers() {
    let queue = CallAuditQueue(capacity: 100)
    func take(_ organization: OrganizationID) -> Int {
      var taken = 0
      while queue.reserve(for: organization) { taken += 1 }
      return taken
    }
    let organizations = (0..<4).map { _ in OrganizationID.random() }
    let taken = organizations.map(take)
    #expect(taken == [50, 25, 13, 6])
    print("figure: of 100 places, organizations that take all they can get have \(taken)")
    #expect(queue.count == 94)
  }

  @Test(.timeLimit(.minutes(2))) func anOrganizationHasItsLimit() async throws {
    let variables = ["LANYARD_LIMITS_MCP_CALLS_PER_ORGANIZATION": "3"]
    try await MCPWorld.with(variables: variables) { world async throws in
      let trail = Trail(world.gateway.neighbours)
      let client = try await world.client()
      for _ in 0..<3 { #expect(try await client.call("echo").text == "hi") }
      let refused = try await client.call("echo")
      #expect(refused.status == 429)
      #expect(world.stub.calls.count == 3)
      #expect(await trail.calls(4).compactMap(\.reason) == [CallEnd.rateLimited])
      #expect(try await client.list() == ["echo"], "only calls count")
    }
  }
}
