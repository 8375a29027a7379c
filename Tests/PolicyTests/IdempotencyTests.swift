import Foundation
import Model
import PostgreSQL
import ServiceKit
import TestSupport
import Testing

@testable import PolicyKit

@Suite("Calls that are done once")
struct IdempotencyTests {
  static func hash(_ byte: UInt8) -> String { Data(repeating: byte, count: 32).base64EncodedString() }
  static let answer = Data("sealed".utf8).base64EncodedString()

  private static func claim(
    _ tenant: Tenant, key: UInt8 = 1, request: UInt8 = 1, as credential: CredentialHash? = nil
  ) async throws -> ClaimedIdempotencyKey {
    try await tenant.policy.gateway.call(
      IdempotencyEndpoints.claim,
      OnBehalf(
        credential ?? tenant.apiKey, ClaimIdempotencyKey(keyHash: hash(key), requestHash: hash(request))))
  }

  private static func complete(
    _ tenant: Tenant, _ claimId: IdempotencyClaimID, key: UInt8 = 1, answer: String? = answer
  ) async throws {
    _ = try await tenant.policy.gateway.call(
      IdempotencyEndpoints.complete,
      CompleteIdempotentCall(organizationId: tenant.id, keyHash: hash(key), claimId: claimId, sealedAnswer: answer))
  }

  private static func abandon(_ tenant: Tenant, _ claimId: IdempotencyClaimID) async throws {
    _ = try await tenant.policy.gateway.call(
      IdempotencyEndpoints.abandon,
      AbandonIdempotentCall(organizationId: tenant.id, keyHash: hash(1), claimId: claimId))
  }

  /// Lets the time of every row pass.
  private static func expire(_ policy: PolicyFixture) throws {
    try policy.database.superuser("UPDATE idempotent_call SET expires_at = now() - interval '1 second'")
  }

  @Test func ofFiftyConcurrentCallersExactlyOneGetsTheKey() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      for key in UInt8(1)...4 {
        let outcomes = try await withThrowingTaskGroup(of: ClaimedIdempotencyKey.self) { group in
          for _ in 0..<50 { group.addTask { try await Self.claim(tenant, key: key) } }
          return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(outcomes.count { $0.outcome == .claimed && $0.claimId != nil } == 1)
        #expect(outcomes.count { $0.outcome == .running && $0.claimId == nil } == 49)
      }
    }
  }

  @Test func theAnswerIsGivenAgainAndOnlyToTheSameRequest() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      let claimId = try #require(try await Self.claim(tenant).claimId)
      #expect(try await Self.claim(tenant, request: 2).outcome == .otherRequest)
      try await Self.complete(tenant, claimId)
      try await Self.complete(tenant, claimId)
      let again = try await Self.claim(tenant)
      #expect(again.outcome == .answered && again.sealedAnswer == Self.answer && again.claimId == nil)
      let other = try await Self.claim(tenant, request: 2)
      #expect(other.outcome == .otherRequest && other.sealedAnswer == nil)
      try await Self.abandon(tenant, claimId)
      #expect(try await Self.claim(tenant).outcome == .answered, "what was done stays done")
    }
  }

  @Test func anAnswerThatWasNotKeptIsSaidToBeDone() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      try await Self.complete(tenant, try #require(try await Self.claim(tenant).claimId), answer: nil)
      let again = try await Self.claim(tenant)
      #expect(again.outcome == .unkept && again.sealedAnswer == nil)
    }
  }

  @Test func aFreedKeyIsForWhoeverComesNext() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      let first = try #require(try await Self.claim(tenant).claimId)
      try await Self.abandon(tenant, .random())
      #expect(try await Self.claim(tenant).outcome == .running, "another claim frees nothing")
      try await Self.abandon(tenant, first)
      #expect(try await Self.claim(tenant, request: 2).outcome == .claimed)
    }
  }

  @Test func anotherOrganizationSeesNothingOfAKey() async throws {
    try await PolicyFixture.with { policy in
      let (mine, theirs) = (try await policy.makeTenant("One"), try await policy.makeTenant("Two"))
      let claimId = try #require(try await Self.claim(mine).claimId)
      #expect(try await Self.claim(theirs, request: 2).outcome == .claimed)
      #expect(await refusal { try await Self.complete(theirs, claimId) } == .conflict)
      try await Self.complete(mine, claimId)
      #expect(try await Self.claim(theirs, request: 2).outcome == .running)
      #expect(
        await refusal { try await Self.claim(mine, as: Tenant.hash(Secret("lyk_unknown"))) } == .unauthenticated)
    }
  }

  @Test func aClaimThatSaysNothingIsLostInTheEnd() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      let lost = try #require(try await Self.claim(tenant).claimId)
      let lifetime = try policy.database.superuser(
        "SELECT round(extract(epoch FROM expires_at - now())) BETWEEN 150 AND 180 FROM idempotent_call")
      #expect(lifetime.hasPrefix("t"), "longer than any call takes")
      try Self.expire(policy)
      let next = try #require(try await Self.claim(tenant, request: 2).claimId)
      #expect(next != lost)
      #expect(await refusal { try await Self.complete(tenant, lost) } == .conflict)
      try await Self.abandon(tenant, lost)
      #expect(try await Self.claim(tenant, request: 2).outcome == .running, "the lost claim frees nothing")
      try await Self.complete(tenant, next)
      #expect(try await Self.claim(tenant, request: 2).outcome == .answered)
    }
  }

  @Test func anAnswerIsForgottenAfterADayAndItsRowRemoved() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      for key in UInt8(1)...3 {
        try await Self.complete(tenant, try #require(try await Self.claim(tenant, key: key).claimId), key: key)
      }
      let kept = try policy.database.superuser(
        "SELECT bool_and(expires_at BETWEEN now() + interval '23 hours' AND now() + interval '24 hours') FROM idempotent_call"
      )
      #expect(kept.hasPrefix("t"))
      try await withPostgresClient(policy.database.application) { client in
        let store = IdempotencyStore(database: client)
        #expect(try await store.sweep() == 0, "nothing is over yet")
        try Self.expire(policy)
        #expect(try await Self.claim(tenant, key: 1).outcome == .claimed, "by its time, not by the sweeper")
        #expect(try await store.sweep() == 2)
        #expect(try await Self.claim(tenant, key: 1).outcome == .running)
        let visible = try await client.read(in: .idempotencySweep, "SELECT 1 FROM idempotent_call")
        #expect(visible.isEmpty, "the sweeper sees what is over and nothing else")
      }
    }
  }

  @Test func whatIsNotAHashOrAnAnswerIsRefusedByName() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      let claimId = try #require(try await Self.claim(tenant).claimId)
      func detail(_ body: () async throws -> Void) async throws -> String {
        do {
          try await body()
          return "it was accepted"
        } catch let error as ServiceError {
          #expect(error.code == .invalidRequest)
          return error.detail
        }
      }
      for bad in ["", "short", Data(repeating: 1, count: 31).base64EncodedString(), "%"] {
        let key = try await detail {
          _ = try await policy.gateway.call(
            IdempotencyEndpoints.claim,
            OnBehalf(tenant.apiKey, ClaimIdempotencyKey(keyHash: bad, requestHash: Self.hash(1))))
        }
        #expect(key.contains("keyHash"))
        let request = try await detail {
          _ = try await policy.gateway.call(
            IdempotencyEndpoints.claim,
            OnBehalf(tenant.apiKey, ClaimIdempotencyKey(keyHash: Self.hash(1), requestHash: bad)))
        }
        #expect(request.contains("requestHash"))
      }
      let large = Data(count: CompleteIdempotentCall.maximumSealedBytes + 1).base64EncodedString()
      for bad in ["", "%", large] {
        let answer = try await detail { try await Self.complete(tenant, claimId, answer: bad) }
        #expect(answer.contains("sealedAnswer"))
      }
      let largest = Data(count: CompleteIdempotentCall.maximumSealedBytes).base64EncodedString()
      try await Self.complete(tenant, claimId, answer: largest)
      #expect(try await Self.claim(tenant).sealedAnswer == largest)
    }
  }

  @Test func nobodyButTheGatewayMayAsk() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      let body = ClaimIdempotencyKey(keyHash: Self.hash(1), requestHash: Self.hash(1))
      do {
        _ = try await policy.exchanger.call(IdempotencyEndpoints.claim, OnBehalf(tenant.apiKey, body))
        Issue.record("the exchanger may ask")
      } catch let error as ServiceError {
        // Its client shows to nobody that the service itself was turned away.
        #expect((error.cause as? ServiceError)?.code == .forbidden)
      }
    }
  }
}
