import AsyncHTTPClient
import FoundationEssentials
import Hummingbird
import Logging
import Model
import ServiceKit
import ServiceTokens
import Synchronization
import TestSupport
import Testing
import Tracing

@Suite struct PeerClientTests {
  private static let short = Endpoint<Calls.Order, Calls.Receipt>(
    .vault, .post, "/internal/orders", callers: [.gateway], timeoutSeconds: 1)
  private static let order = Calls.Order(item: "tea")
  private static let receipt = Calls.Receipt(text: "ok", caller: .gateway)

  /// A client of the gateway for stubs that stand in for the vault.
  private func withClient<Result>(
    _ urls: [String], log: RecordedLog = RecordedLog(), http: HTTPClient? = nil,
    _ body: (PeerClient) async throws -> Result
  ) async throws -> Result {
    let http = try http ?? PeerHTTPClient.make(certificateAuthorityFile: nil)
    let keys = try TestServiceKeys()
    let client = PeerClient(
      service: .vault, addresses: urls.compactMap { PeerAddress($0) }, http: http,
      tokens: keys.credentials(of: .gateway).issuer,
      logger: .init(label: "gateway") { JSONLogHandler(service: "gateway", label: $0, sink: log) },
      metrics: PrometheusMetrics())
    do {
      let result = try await body(client)
      try await http.shutdown()
      return result
    } catch {
      try? await http.shutdown()
      throw error
    }
  }

  @Test func parametersArriveWhateverTheyHold() async throws {
    try await RunningService.with(.vault, build: Calls.compose) { service in
      for text in ["plain", "a/b", "a b", "ä%2F€", "?&=#", "..", "a+b", "%", "日本"] {
        let receipt = try await service.client(as: .gateway).call(
          Calls.find, parameters: ["id": text, "part": "p-\(text)"], query: ["q": text])
        #expect(receipt.text == "\(text)|p-\(text)|\(text)")
      }
      await #expect(throws: Refused(.internalError)) {
        try await code { try await service.client(as: .gateway).call(Calls.find, parameters: ["id": "x"]) }
      }
    }
  }

  @Test func thePeersErrorIsRebuilt() async throws {
    try await RunningService.with(.vault, build: Calls.compose) { service in
      let error = await #expect(throws: ServiceError.self) {
        try await service.client(as: .gateway).call(Calls.remove, parameters: ["id": "org_busy"])
      }
      #expect(error?.code == .conflict)
      #expect(error?.detail == "Still in use.")
      #expect(error?.facts == ["uses": ["con_1", "con_2"]])
      #expect(error?.retryAfter == 7)
    }
  }

  @Test func aCodeFromANewerPeerIsAnInternalError() async throws {
    let document = #"{"type":"x","title":"x","status":418,"detail":"d","code":"brand_new","requestId":"r"}"#
    try await StubService.with { _ in
      StubService.Answer(status: 418, headers: ["Content-Type": ProblemDocument.mediaType], body: Data(document.utf8))
    } _: { stub in
      try await withClient([stub.url]) { client in
        await #expect(throws: Refused(.internalError)) {
          try await code { try await client.call(Calls.order, Self.order) }
        }
      }
    }
  }

  @Test func ourOwnRefusedCredentialIsNotTheCallersFault() async throws {
    let log = RecordedLog()
    try await RunningService.with(.vault, build: Calls.compose) { service in
      // The client signs with keys that the service never pinned.
      try await withClient([service.url], log: log) { client in
        await #expect(throws: Refused(.internalError)) {
          try await code { try await client.call(Calls.order, Self.order) }
        }
      }
    }
    #expect(log.text.contains("peer refuses our service token"))
  }

  @Test func everyCallCarriesTokenTraceRequestIdAndGrant() async throws {
    try await StubService.with { _ in
      try .json(Self.receipt)
    } _: { stub in
      try await withClient([stub.url]) { client in
        var context = InstrumentationContext.topLevel
        context.trace = .start()
        context.requestId = "req_outer"
        let grant = try TestServiceKeys().grant(purposes: [.release])
        _ = try await InstrumentationContext.withValue(context) {
          try await client.call(Calls.release, Self.order, grant: grant)
        }
        let request = try #require(stub.requests.first)
        #expect(request.headers["authorization"]?.hasPrefix("Bearer eyJ") == true)
        #expect(request.headers["lanyard-grant"] == grant.token.secret.expose { $0 })
        #expect(request.headers["x-request-id"] == "req_outer")
        #expect(request.headers["traceparent"] == context.trace?.traceparent)
        #expect(request.headers["content-type"] == "application/json")
      }
    }
  }

  @Test func traceAndRequestIdGoThroughAServiceToItsPeers() async throws {
    try await StubService.with { _ in
      try .json(Self.receipt)
    } _: { stub in
      try await RunningService.with(.policy, peers: [.vault: stub.url]) { environment in
        let router = ServiceRouter(environment)
        router.get("/relay") { _, _ in try await environment.peers.call(Calls.order, Self.order).text }
        return ServiceComposition(router: router)
      } _: { service in
        let trace = "4bf92f3577b34da6a3ce929d0e0e4736"
        let answer = try await service.get(
          "/relay", headers: ["traceparent": "00-\(trace)-00f067aa0ba902b7-01", "X-Request-Id": "outer-1"])
        #expect(answer.text == "ok")
        let request = try #require(stub.requests.first)
        #expect(request.headers["x-request-id"] == "outer-1")
        let sent = try #require(request.headers["traceparent"])
        #expect(sent.hasPrefix("00-\(trace)-"))
        #expect(!sent.contains("00f067aa0ba902b7"), "each process is a part of its own")
        #expect(sent.hasSuffix("-01"))
      }
    }
  }

  @Test func aSlowPeerIsUnavailableWhenTheTimeIsOver() async throws {
    let released = AsyncStream<Void>.makeStream()
    try await StubService.with { _ in
      for await _ in released.stream { break }
      return try .json(Self.receipt)
    } _: { stub in
      try await withClient([stub.url]) { client in
        let start = ContinuousClock.now
        await #expect(throws: Refused(.unavailable)) {
          try await code { try await client.call(Self.short, Self.order) }
        }
        #expect(start.duration(to: .now) < .seconds(30))
        #expect(stub.requests.count == 1, "a POST is sent once")
      }
      released.continuation.finish()
    }
  }

  @Test func aCrowdWaitsForAFreeConnectionAsLongAsItsCallsMayTake() async throws {
    let callers = 4
    let patient = Endpoint<Calls.Order, Calls.Receipt>(
      .vault, .post, "/internal/orders", callers: [.gateway], timeoutSeconds: 60)
    var narrow = HTTPClient.Configuration(
      timeout: .init(connect: .milliseconds(500)),
      connectionPool: .init(idleTimeout: .seconds(10), concurrentHTTP1ConnectionsPerHostSoftLimit: 1))
    narrow.httpVersion = .http1Only
    try await StubService.with { _ in
      // Longer than the client waits for a connection of its own accord.
      try await Task.sleep(for: .milliseconds(800))
      return try .json(Self.receipt)
    } _: { stub in
      let http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: narrow)
      let answered = try await withClient([stub.url], http: http) { client in
        try await withThrowingTaskGroup(of: Calls.Receipt.self) { group in
          for _ in 0..<callers { group.addTask { try await client.call(patient, Self.order) } }
          return try await group.reduce(0) { count, _ in count + 1 }
        }
      }
      #expect(answered == callers)
      #expect(stub.requests.count == callers, "whoever waited was sent once")
    }
  }

  @Test func tooLargeAnAnswerIsRefused() async throws {
    try await StubService.with { _ in
      StubService.Answer(body: Data(repeating: 32, count: PeerClient.maximumAnswerBytes + 1))
    } _: { stub in
      try await withClient([stub.url]) { client in
        await #expect(throws: Refused(.internalError)) {
          try await code { try await client.call(Calls.order, Self.order) }
        }
      }
    }
  }

  @Test func redirectsAreNotFollowed() async throws {
    try await StubService.with { _ in
      try .json(Self.receipt)
    } _: { target in
      try await StubService.with { _ in
        StubService.Answer(status: 307, headers: ["Location": target.url + "/internal/orders"])
      } _: { stub in
        try await withClient([stub.url]) { client in
          await #expect(throws: Refused(.internalError)) {
            try await code { try await client.call(Calls.order, Self.order) }
          }
        }
      }
      #expect(target.requests.isEmpty)
    }
  }

  @Test func anUnusableAnswerIsAnErrorAndNotADecodingErrorText() async throws {
    try await StubService.with { request in
      request.query["status"] == nil
        ? StubService.Answer(body: Data("<html>canary</html>".utf8)) : StubService.Answer(status: 502)
    } _: { stub in
      try await withClient([stub.url]) { client in
        let error = await #expect(throws: ServiceError.self) { try await client.call(Calls.order, Self.order) }
        #expect(error?.code == .internalError)
        #expect(error?.detail.contains("canary") == false)
        await #expect(throws: Refused(.unavailable)) {
          try await code { try await client.call(Calls.order, Self.order, query: ["status": "1"]) }
        }
      }
    }
  }

  @Test func replicasTakeTurnsAndADeadOneIsLeftOut() async throws {
    let dead = try FreePort.next()
    try await StubService.with { _ in
      try .json(Self.receipt)
    } _: { first in
      try await StubService.with { _ in
        try .json(Self.receipt)
      } _: { second in
        try await withClient([first.url, "http://127.0.0.1:\(dead)", second.url]) { client in
          for _ in 0..<12 { _ = try await client.call(Calls.order, Self.order) }
          #expect(first.requests.count + second.requests.count == 12)
          #expect(first.requests.count >= 4)
          #expect(second.requests.count >= 4)
        }
      }
    }
  }

  @Test func aDeadPeerIsUnavailableAtOnce() async throws {
    let dead = try FreePort.next()
    try await withClient(["http://127.0.0.1:\(dead)"]) { client in
      let start = ContinuousClock.now
      let error = await #expect(throws: ServiceError.self) { try await client.call(Calls.order, Self.order) }
      #expect(error?.code == .unavailable)
      #expect(error?.retryAfter == 1)
      // Far below the endpoint's time limit: nothing is waited for.
      #expect(start.duration(to: .now) < .seconds(8))
    }
  }

  @Test func aCancelledCallEndsAtOnceAndAsCancelled() async throws {
    let arrived = AsyncStream<Void>.makeStream()
    let released = AsyncStream<Void>.makeStream()
    try await StubService.with { _ in
      arrived.continuation.yield()
      for await _ in released.stream { break }
      return try .json(Self.receipt)
    } _: { stub in
      try await withClient([stub.url]) { client in
        await withThrowingTaskGroup(of: Void.self) { group in
          group.addTask { _ = try await client.call(Calls.order, Self.order) }
          for await _ in arrived.stream { break }
          group.cancelAll()
          let result = await group.nextResult()
          #expect(throws: CancellationError.self) { try result?.get() }
        }
      }
      released.continuation.finish()
    }
  }
}
