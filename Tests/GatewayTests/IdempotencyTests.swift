import Crypto
import Foundation
import Hummingbird
import Model
import Synchronization
import TestSupport
import Testing

@testable import GatewayKit

/// Unsafe calls with an `Idempotency-Key`: done once, answered as often as asked.
@Suite struct IdempotencyTests {
  static let session = #"{"user":{"id":"u1"}}"#

  private static func createSession(
    _ gateway: RunningGateway, key: String = "k-1", as credential: String = "lyk_key", json: String = session
  ) async throws -> RunningGateway.Answer {
    try await gateway.call("POST", "/v1/sessions", as: credential, json: json, headers: ["Idempotency-Key": key])
  }

  /// Gives every created session a token of its own, so that a second one would show.
  private static func countSessions(_ gateway: RunningGateway) {
    let count = Mutex(0)
    let userId = gateway.neighbours.userId
    gateway.neighbours.on(SessionEndpoints.create) { _ in
      let number = count.withLock { count in
        count += 1
        return count
      }
      return try .json(
        CreatedSession(id: .random(), token: WireSecret("lys_canary\(number)"), expiresAt: .now, userId: userId))
    }
  }

  @Test func aRepeatedCallGetsTheFirstAnswerAndIsNotDoneAgain() async throws {
    try await RunningGateway.with { gateway async throws in
      Self.countSessions(gateway)
      let first = try await Self.createSession(gateway)
      let second = try await Self.createSession(gateway)
      #expect(first.status == 201 && second.status == 201)
      #expect(first.body == second.body && first.json["token"]?.text == "lys_canary1")
      #expect(first.header("Idempotency-Replayed") == nil && second.header("Idempotency-Replayed") == "true")
      for name in ["Content-Type", "Cache-Control", "X-Content-Type-Options"] {
        #expect(first.header(name) == second.header(name) && first.header(name) != nil)
      }
      #expect(gateway.calls(SessionEndpoints.create).count == 1)
      #expect(try await Self.createSession(gateway, key: "k-2").json["token"]?.text == "lys_canary2")
    }
  }

  @Test func anAnswerWithoutABodyIsRepeatedToo() async throws {
    try await RunningGateway.with { gateway async throws in
      func delete() async throws -> RunningGateway.Answer {
        try await gateway.call("DELETE", "/v1/sessions/ses_1", as: "lyk_key", headers: ["Idempotency-Key": "k-1"])
      }
      let (first, second) = (try await delete(), try await delete())
      #expect(first.status == 204 && second.status == 204 && second.body.isEmpty)
      #expect(second.header("Idempotency-Replayed") == "true" && second.header("Content-Type") == nil)
      #expect(gateway.calls(SessionEndpoints.end).count == 1)
    }
  }

  @Test func withoutAKeyNothingIsRemembered() async throws {
    try await RunningGateway.with { gateway async throws in
      for _ in 0..<2 {
        _ = try await gateway.call("POST", "/v1/sessions", as: "lyk_key", json: Self.session)
        _ = try await gateway.call("GET", "/v1/me", headers: ["Idempotency-Key": "k-1"])
      }
      #expect(gateway.calls(SessionEndpoints.create).count == 2)
      #expect(gateway.stub.requests.allSatisfy { !$0.path.hasPrefix("/internal/idempotency") })
    }
  }

  @Test func aKeyBelongsToOneRequest() async throws {
    try await RunningGateway.with { gateway async throws in
      func send(_ method: String, _ target: String, _ json: String?) async throws -> RunningGateway.Answer {
        try await gateway.call(method, target, as: "lys_owner", json: json, headers: ["Idempotency-Key": "k-1"])
      }
      #expect(try await send("DELETE", "/v1/integrations/int_1", nil).status == 204)
      for (method, target, json) in [
        ("DELETE", "/v1/integrations/int_1", "{}"), ("DELETE", "/v1/integrations/int_1?revoke=true", nil),
        ("DELETE", "/v1/integrations/int_2", nil), ("PATCH", "/v1/integrations/int_1", nil),
      ] {
        let answer = try await send(method, target, json)
        #expect(answer.status == 422 && answer.code == .idempotencyKeyReused, "\(method) \(target) \(json ?? "")")
      }
      #expect(gateway.calls(IntegrationEndpoints.delete).count == 1)
      #expect(gateway.calls(IntegrationEndpoints.update).isEmpty)
    }
  }

  @Test func anotherCallersSameKeyIsAnotherKey() async throws {
    try await RunningGateway.with { gateway async throws in
      Self.countSessions(gateway)
      let first = try await Self.createSession(gateway)
      let other = try await Self.createSession(gateway, as: "lys_owner")
      #expect(other.header("Idempotency-Replayed") == nil && other.body != first.body)
      #expect(gateway.calls(SessionEndpoints.create).count == 2)
    }
  }

  @Test func whileTheFirstIsWorkedOnOthersAreAskedToComeBack() async throws {
    try await RunningGateway.with { gateway async throws in
      let (started, start) = AsyncStream<Void>.makeStream()
      let (released, release) = AsyncStream<Void>.makeStream()
      let integration = gateway.neighbours.integration
      gateway.neighbours.on(IntegrationEndpoints.create) { _ in
        start.yield()
        for await _ in released { break }
        return try .json(integration)
      }
      @Sendable func create() async throws -> RunningGateway.Answer {
        try await gateway.call(
          "POST", "/v1/integrations", as: "lys_owner",
          json: PublicRouteTests.bodies["POST /v1/integrations"], headers: ["Idempotency-Key": "k-1"])
      }
      async let first = create()
      for await _ in started { break }
      let busy = try await create()
      #expect(busy.status == 409 && busy.code == .conflict && busy.header("Retry-After") == "1")
      release.yield()
      let answer = try await first
      let again = try await create()
      #expect(answer.status == 201 && again.status == 201 && again.body == answer.body)
      #expect(gateway.calls(IntegrationEndpoints.create).count == 1)
    }
  }

  @Test func aCallGoesOnWhenItsCallerGoesAway() async throws {
    try await RunningGateway.with { gateway async throws in
      let (started, start) = AsyncStream<Void>.makeStream()
      let (released, release) = AsyncStream<Void>.makeStream()
      let (completed, complete) = AsyncStream<Void>.makeStream()
      let integration = gateway.neighbours.integration
      gateway.neighbours.on(IntegrationEndpoints.create) { _ in
        start.yield()
        for await _ in released { break }
        return try .json(integration)
      }
      let memory = gateway.neighbours.idempotency
      gateway.neighbours.on(IdempotencyEndpoints.complete) { request in
        complete.yield()
        return try memory.answer(request) ?? .json(Empty())
      }
      @Sendable func create() async throws -> RunningGateway.Answer {
        try await gateway.call(
          "POST", "/v1/integrations", as: "lys_owner",
          json: PublicRouteTests.bodies["POST /v1/integrations"], headers: ["Idempotency-Key": "k-1"])
      }
      let first = Task { try await create() }
      for await _ in started { break }
      first.cancel()
      await #expect(throws: (any Error).self) { try await first.value }
      release.yield()
      for await _ in completed { break }
      let again = try await create()
      #expect(again.status == 201 && again.header("Idempotency-Replayed") == "true")
      #expect(gateway.calls(IntegrationEndpoints.create).count == 1)
    }
  }

  @Test func refusalsAndFailuresLeaveTheKeyFree() async throws {
    try await RunningGateway.with { gateway async throws in
      for code in [ErrorCode.unavailable, .internalError, .forbidden, .invalidRequest, .rateLimited] {
        gateway.neighbours.fail(SessionEndpoints.create, ServiceError(code, "Not now."))
        #expect(try await Self.createSession(gateway).status == code.status)
      }
      // What the gateway refuses by itself: a field that is unknown, and a body that is too large to be read.
      #expect(try await Self.createSession(gateway, json: #"{"surprise":1}"#).status == 400)
      let large = #"{"name":""# + String(repeating: "x", count: 1_100_000) + #""}"#
      #expect(try await Self.createSession(gateway, json: large).status == 413)
      Self.countSessions(gateway)
      #expect(try await Self.createSession(gateway).status == 201)
      #expect(try await Self.createSession(gateway).header("Idempotency-Replayed") == "true")
    }
  }

  @Test func withoutThePolicyServicesWordNothingIsDone() async throws {
    try await RunningGateway.with { gateway async throws in
      gateway.neighbours.fail(IdempotencyEndpoints.claim, ServiceError(.unavailable, "Away.", retryAfter: 1))
      let answer = try await Self.createSession(gateway)
      #expect(answer.status == 503 && answer.code == .unavailable)
      #expect(gateway.calls(SessionEndpoints.create).isEmpty)
    }
  }

  @Test func theRecordIsTriedAgainOnce() async throws {
    try await RunningGateway.with { gateway async throws in
      Self.countSessions(gateway)
      let memory = gateway.neighbours.idempotency
      let failures = Mutex(0)
      gateway.neighbours.on(IdempotencyEndpoints.complete) { request in
        let isFirst = failures.withLock { count in
          count += 1
          return count == 1
        }
        if isFirst { return try .problem(ServiceError(.unavailable, "Restarting.")) }
        return try memory.answer(request) ?? .json(Empty())
      }
      #expect(try await Self.createSession(gateway).status == 201)
      #expect(try await Self.createSession(gateway).header("Idempotency-Replayed") == "true")
      #expect(gateway.calls(IdempotencyEndpoints.complete).count == 2)
      #expect(gateway.calls(SessionEndpoints.create).count == 1)
    }
  }

  @Test func anAnswerThatCannotBeRecordedIsGivenAllTheSame() async throws {
    try await RunningGateway.with { gateway async throws in
      Self.countSessions(gateway)
      gateway.neighbours.fail(IdempotencyEndpoints.complete, ServiceError(.unavailable, "Away."))
      #expect(try await Self.createSession(gateway).status == 201)
      #expect(gateway.log.text.contains("an answer is not remembered"))
      #expect(try await Self.createSession(gateway).status == 409, "nobody can say that it was not done")
      #expect(gateway.calls(SessionEndpoints.create).count == 1)
    }
  }

  @Test func anAnswerTooLargeToKeepIsNotGivenAgainNorTheCallRepeated() async throws {
    try await RunningGateway.with { gateway async throws in
      var integration = gateway.neighbours.integration
      integration.name = String(repeating: "x", count: CompleteIdempotentCall.maximumSealedBytes)
      gateway.neighbours.on(IntegrationEndpoints.create, integration)
      func create() async throws -> RunningGateway.Answer {
        try await gateway.call(
          "POST", "/v1/integrations", as: "lys_owner",
          json: PublicRouteTests.bodies["POST /v1/integrations"], headers: ["Idempotency-Key": "k-1"])
      }
      #expect(try await create().status == 201)
      let again = try await create()
      #expect(again.status == 409 && again.code == .conflict && again.header("Retry-After") == nil)
      #expect(gateway.calls(IntegrationEndpoints.create).count == 1)
    }
  }

  @Test func noProvidersTokenIsKept() async throws {
    try await RunningGateway.with { gateway async throws in
      for (path, body) in PublicRouteTests.bodies where path.hasSuffix("/resolve") || path.hasSuffix("/refresh") {
        for _ in 0..<2 {
          let answer = try await gateway.call(
            "POST", String(path.split(separator: " ")[1]), json: body, headers: ["Idempotency-Key": "k-1"])
          #expect(answer.text.contains("access-1") && answer.header("Idempotency-Replayed") == nil)
        }
      }
      #expect(gateway.neighbours.idempotency.sealedAnswers.isEmpty)
      #expect(gateway.calls(AccessEndpoints.authorize).count >= 2, "each release is decided by the rules")
    }
  }

  @Test func aConsentThatIsAskedForTwiceIsOneFlow() async throws {
    try await RunningGateway.with { gateway async throws in
      gateway.neighbours.on(ConnectionEndpoints.resolve, ResolvedConnection(outcome: .none))
      for _ in 0..<2 {
        let answer = try await gateway.call(
          "POST", "/v1/auth/resolve", json: PublicRouteTests.bodies["POST /v1/auth/resolve"],
          headers: ["Idempotency-Key": "k-1"])
        #expect(answer.json["status"]?.text == "consentRequired")
      }
      #expect(gateway.calls(FlowEndpoints.create).count == 1)
    }
  }

  @Test func whatIsStoredSaysNothingAndOpensNowhereElse() async throws {
    try await RunningGateway.with { gateway async throws in
      Self.countSessions(gateway)
      for key in ["k-1", "k-2"] { _ = try await Self.createSession(gateway, key: key) }
      let memory = gateway.neighbours.idempotency
      #expect(Set(memory.sealedAnswers).count == 2)
      let stored = gateway.stub.requests.filter { $0.path.hasPrefix("/internal/idempotency") }
      #expect(stored.count == 4)
      for request in stored {
        let text = String(decoding: request.body, as: UTF8.self)
        for canary in ["lys_canary", "lyk_key", "k-1", "k-2"] { #expect(!text.contains(canary)) }
      }
      for sealed in memory.sealedAnswers {
        let bytes = try #require(Data(base64Encoded: sealed))
        #expect(bytes.range(of: Data("lys_canary".utf8)) == nil)
      }
      memory.spread(try #require(memory.sealedAnswers.first))
      let answers = [
        try await Self.createSession(gateway, key: "k-1"), try await Self.createSession(gateway, key: "k-2"),
      ]
      #expect(answers.map(\.status).sorted() == [201, 500], "an answer opens under its own key only")
      #expect(answers.contains { $0.code == .internalError })
      #expect(gateway.calls(SessionEndpoints.create).count == 2)
    }
  }
}

/// The seal by itself.
@Suite struct SealedAnswerTests {
  private static func call(
    _ credential: String = "lys_one", key: String = "k-1", body: String = "{}"
  ) throws -> IdempotentCall {
    let request = Request(
      head: .init(
        method: .post, scheme: "http", authority: "a", path: "/v1/sessions", headerFields: [.idempotencyKey: key]),
      body: .init(buffer: .init()))
    let caller = Caller(
      credential: .session, credentialId: "ses_1", organizationId: OrganizationID(rawValue: "org_1"),
      organizationName: "Acme", user: nil, role: .owner, groups: [], charmId: nil, expiresAt: nil)
    let identity = CallerIdentity(caller: caller, credential: CredentialDigest(of: Secret(credential)))
    return IdempotentCall(
      try #require(try IdempotencyKey(request)), request, body: Data(body.utf8), by: identity,
      credential: Secret(credential))
  }

  private static let answer = PublicResponse(status: .created, body: Secret(Data(#"{"token":"lys_new"}"#.utf8)))

  @Test func onlyTheSameCredentialKeyAndRequestOpenIt() throws {
    let sealed = try #require(try SealedAnswer.seal(Self.answer, of: Self.call()))
    let text = Data(sealed).base64EncodedString()
    let opened = try SealedAnswer.open(text, of: Self.call())
    #expect(opened.status == .created)
    #expect(opened.body.expose { $0 } == Self.answer.body.expose { $0 })
    for other in [
      try Self.call("lys_two"), try Self.call(key: "k-2"), try Self.call(body: #"{"a":1}"#),
    ] {
      #expect(throws: (any Error).self) { try SealedAnswer.open(text, of: other) }
    }
    for position in [0, 1, 33, 45, sealed.count - 1] {
      var changed = sealed
      changed[position] ^= 1
      #expect(throws: (any Error).self) {
        try SealedAnswer.open(Data(changed).base64EncodedString(), of: Self.call())
      }
    }
    for bad in ["", "%", Data(sealed.prefix(33)).base64EncodedString()] {
      #expect(throws: (any Error).self) { try SealedAnswer.open(bad, of: Self.call()) }
    }
    #expect(try SealedAnswer.seal(Self.answer, of: Self.call()) != sealed, "a key of its own every time")
  }

  @Test func theRequestsHashNeedsTheCredentialAndEveryPart() throws {
    let (one, same, two) = (try Self.call(), try Self.call(), try Self.call("lys_two"))
    #expect(one.keyHash == same.keyHash && one.requestHash == same.requestHash)
    #expect(one.keyHash != two.keyHash && one.requestHash != two.requestHash)
    #expect(try Self.call(body: "{ }").requestHash != one.requestHash)
    #expect(try Self.call(body: "{ }").keyHash == one.keyHash)
    let bare = Array(SHA256.hash(data: Data("{}".utf8)))
    #expect(one.requestHash != bare)
  }
}
