import Foundation
import Model
import Synchronization
import TestSupport
import Testing

@testable import GatewayKit

/// `POST /v1/auth/resolve`: a token, a choice, a flow or a reason.
@Suite struct ResolveTests {
  @Test func aLiveTokenComesInTheShapeOfTheBrowserAPI() async throws {
    try await RunningGateway.with { gateway async throws in
      let answer = try await gateway.resolve().json
      #expect(answer["status"]?.text == "ready")
      #expect(answer["auth"]?["accessToken"]?.text == "access-1")
      #expect(answer["auth"]?["expiresAt"] == .integer(1_900_000_000_250), "Unix milliseconds")
      #expect(gateway.calls(RefreshEndpoints.refresh).isEmpty)
    }
  }

  @Test func nothingConnectedBeginsAFlowWithMergedScopes() async throws {
    try await RunningGateway.with { gateway async throws in
      gateway.neighbours.on(ConnectionEndpoints.resolve, ResolvedConnection(outcome: .none))
      let answer = try await gateway.resolve(#","scopes":["gist","repo"]"#).json
      #expect(answer["status"]?.text == "consentRequired")
      #expect(answer["flow"]?["url"]?.text == "\(RunningGateway.publicURL)/connect/flw_1")
      let created = try WireJSON.decode(
        CreateFlow.self, from: try #require(gateway.calls(FlowEndpoints.create).first).body)
      #expect(created.scopes == ["gist", "repo", "read:user"])
      #expect(created.userDisplay == "maya@example.com")
    }
  }

  @Test func severalAccountsAreOfferedWithoutTokens() async throws {
    try await RunningGateway.with { gateway async throws in
      let choices = [gateway.neighbours.connection(), gateway.neighbours.connection(ConnectionID(rawValue: "con_2"))]
      gateway.neighbours.on(
        ConnectionEndpoints.resolve, ResolvedConnection(outcome: .selectAccount, choices: choices))
      let answer = try await gateway.resolve(#","prompt":"select_account""#)
      #expect(answer.json["status"]?.text == "selectAccount")
      #expect(answer.text.contains("con_2") && !answer.text.contains("accessToken"))
      #expect(answer.json["flow"]?["id"]?.text == "flw_1")
    }
  }

  @Test func anExpiredTokenIsRefreshedOnceThenReleased() async throws {
    try await RunningGateway.with { gateway async throws in
      Self.expired(gateway.neighbours)
      let answer = try await gateway.resolve().json
      #expect(answer["auth"]?["accessToken"]?.text == "access-2")
      #expect(gateway.calls(RefreshEndpoints.refresh).count == 1)
      let second = try WireJSON.decode(
        ResolveConnection.self, from: try #require(gateway.calls(ConnectionEndpoints.resolve).last).body)
      #expect(second.connectionId?.rawValue == "con_1", "the choice stands")
    }
  }

  @Test func aFailedRefreshIsNoReasonToRefuseATokenThatLives() async throws {
    try await RunningGateway.with { gateway async throws in
      let n = gateway.neighbours
      let rounds = Mutex(0)
      n.on(ConnectionEndpoints.resolve) { _ in
        let round = rounds.withLock { rounds in
          rounds += 1
          return rounds
        }
        return try .json(
          round == 1 ? ResolvedConnection(outcome: .refreshRequired, connection: n.connection()) : n.ready())
      }
      n.fail(RefreshEndpoints.refresh, ServiceError(.providerUnavailable, "GitHub is down."))
      #expect(try await gateway.resolve().json["auth"]?["accessToken"]?.text == "access-1")
      let asked = try gateway.calls(ConnectionEndpoints.resolve).map {
        try WireJSON.decode(ResolveConnection.self, from: $0.body).freshness
      }
      #expect(asked == [nil, .whatLives], "only after the refresh failed is a token that will soon end good enough")
    }
  }

  @Test func aFailedRefreshOfADeadTokenSaysWhy() async throws {
    try await RunningGateway.with { gateway async throws in
      let n = gateway.neighbours
      n.on(ConnectionEndpoints.resolve, ResolvedConnection(outcome: .refreshRequired, connection: n.connection()))
      n.fail(RefreshEndpoints.refresh, ServiceError(.providerUnavailable, "GitHub is down."))
      let answer = try await gateway.resolve()
      #expect(answer.status == 503 && answer.code == .providerUnavailable)
    }
  }

  @Test(arguments: [ResolvedConnection.Outcome.insufficientScope, .reauthorizationRequired])
  func aNamedConnectionNeverLeadsToAFlow(_ outcome: ResolvedConnection.Outcome) async throws {
    try await RunningGateway.with { gateway async throws in
      let n = gateway.neighbours
      n.on(ConnectionEndpoints.resolve, ResolvedConnection(outcome: outcome, connection: n.connection()))
      let named = try await gateway.resolve(#","connectionKey":"con_1""#)
      #expect(named.code == (outcome == .insufficientScope ? .insufficientScope : .reauthorizationRequired))
      #expect(gateway.calls(FlowEndpoints.create).isEmpty)
      let free = try await gateway.resolve()
      #expect(free.json["status"]?.text == "consentRequired")
      let created = try WireJSON.decode(
        CreateFlow.self, from: try #require(gateway.calls(FlowEndpoints.create).first).body)
      #expect(created.connectionId?.rawValue == "con_1", "the same account again")
    }
  }

  @Test func aHundredCallersOnOneExpiredConnectionMakeOneRefresh() async throws {
    try await RunningGateway.with { gateway async throws in
      let n = gateway.neighbours
      // Fewer than the connections of one client: all of them must be on their way at once.
      let callers = 100
      let refreshed = Mutex(false)
      let told = Mutex(0)
      n.on(ConnectionEndpoints.resolve) { _ in
        if refreshed.withLock({ $0 }) { return try .json(n.ready("access-2")) }
        told.withLock { $0 += 1 }
        return try .json(ResolvedConnection(outcome: .refreshRequired, connection: n.connection()))
      }
      n.on(RefreshEndpoints.refresh) { _ in
        // It ends when everybody has been told that a refresh is needed, and has had the time to ask for it.
        _ = try await comesTrue { told.withLock { $0 } == callers }
        try await Task.sleep(for: .seconds(1))
        refreshed.withLock { $0 = true }
        return try .json(RefreshOutcome(state: .refreshed))
      }
      let tokens = try await withThrowingTaskGroup(of: String?.self) { group in
        for _ in 0..<callers {
          group.addTask { try await gateway.resolve().json["auth"]?["accessToken"]?.text }
        }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      #expect(tokens.count == callers && Set(tokens) == ["access-2"])
      let refreshes = gateway.calls(RefreshEndpoints.refresh).count
      #expect(refreshes == 1)
      print("figure: \(callers) callers on one expired connection, \(refreshes) call of the exchanger")
    }
  }

  @Test func anAPIKeyCannotConnectAnAccount() async throws {
    try await RunningGateway.with { gateway async throws in
      gateway.neighbours.on(ConnectionEndpoints.resolve, ResolvedConnection(outcome: .none))
      let answer = try await gateway.resolve(as: "lyk_key")
      #expect(answer.status == 403 && gateway.calls(FlowEndpoints.create).isEmpty)
    }
  }

  @Test func beginningFlowsIsBoundedPerPerson() async throws {
    try await RunningGateway.with(variables: ["LANYARD_LIMITS_FLOW_STARTS_PER_USER": "2"]) { gateway async throws in
      gateway.neighbours.on(ConnectionEndpoints.resolve, ResolvedConnection(outcome: .none))
      for _ in 0..<2 { #expect(try await gateway.resolve().status == 200) }
      let refused = try await gateway.resolve()
      #expect(refused.status == 429 && refused.code == .rateLimited)
      #expect(refused.header("Retry-After").flatMap { Int($0) }.map { (1...30).contains($0) } == true)
    }
  }

  @Test func exactlyOneSelectorMustBeGiven() async throws {
    try await RunningGateway.with { gateway async throws in
      for fields in ["", #""providerUrl":"https://a.example","integrationId":"int_1","#] {
        let answer = try await gateway.call(
          "POST", "/v1/auth/resolve", json: "{\(fields)\(RunningGateway.application)}")
        #expect(answer.code == .invalidRequest && answer.detail.contains("providerUrl"))
      }
    }
  }

  @Test func aLongPollEndsWhenItsCallerHasGone() async throws {
    try await RunningGateway.with { gateway async throws in
      let (arrived, arriving) = AsyncStream<Void>.makeStream()
      let (ended, ending) = AsyncStream<Void>.makeStream()
      gateway.neighbours.on(FlowEndpoints.status) { _ in
        arriving.yield()
        // The vault would wait as long; cancelled when the gateway drops its call, or with the stub.
        for await _ in ended {}
        return try .json(FlowStatus(status: .pending))
      }
      let clock = ContinuousClock.now
      let poll = Task { try await gateway.call("GET", "/v1/flows/flw_1?wait=25") }
      for await _ in arrived { break }
      poll.cancel()
      _ = await poll.result
      // The request is recorded in the log when its handler has ended.
      while !gateway.log.lines.contains(where: { $0.contains("/v1/flows/{id}") }) { try await letOthersRun() }
      let waited = clock.duration(to: .now)
      ending.finish()
      #expect(waited < .seconds(15))
      print("figure: a long-poll whose caller left ended after \(waited)")
    }
  }

  private static func expired(_ n: Neighbours) {
    let refreshed = Mutex(false)
    n.on(ConnectionEndpoints.resolve) { _ in
      try .json(
        refreshed.withLock { $0 }
          ? n.ready("access-2") : ResolvedConnection(outcome: .refreshRequired, connection: n.connection()))
    }
    n.on(RefreshEndpoints.refresh) { _ in
      refreshed.withLock { $0 = true }
      return try .json(RefreshOutcome(state: .refreshed))
    }
  }
}
