import Foundation
import Model
import Synchronization
import TestSupport

/// What the stub of the policy service remembers of calls with an `Idempotency-Key`: the same rules, in memory.
final class IdempotencyMemory: Sendable {
  struct Row {
    var requestHash: String
    var claimId: IdempotencyClaimID
    var isDone = false
    var sealedAnswer: String?
  }

  private let rows = Mutex<[String: Row]>([:])

  /// Every answer that is kept.
  var sealedAnswers: [String] { rows.withLock { $0.values.compactMap(\.sealedAnswer) } }

  /// Puts the answer of one key in the place of every other key's.
  func spread(_ sealedAnswer: String) {
    rows.withLock { rows in
      for key in rows.keys { rows[key]?.sealedAnswer = sealedAnswer }
    }
  }

  func answer(_ request: StubService.Request) throws -> StubService.Answer? {
    switch request.path {
    case IdempotencyEndpoints.claim.path:
      return try .json(claim(try WireJSON.decode(OnBehalf<ClaimIdempotencyKey>.self, from: request.body).request))
    case IdempotencyEndpoints.complete.path:
      let body = try WireJSON.decode(CompleteIdempotentCall.self, from: request.body)
      rows.withLock { rows in
        guard rows[body.keyHash]?.claimId == body.claimId else { return }
        rows[body.keyHash]?.isDone = true
        rows[body.keyHash]?.sealedAnswer = body.sealedAnswer
      }
      return try .json(Empty())
    case IdempotencyEndpoints.abandon.path:
      let body = try WireJSON.decode(AbandonIdempotentCall.self, from: request.body)
      rows.withLock { rows in
        if rows[body.keyHash]?.claimId == body.claimId { rows[body.keyHash] = nil }
      }
      return try .json(Empty())
    default: return nil
    }
  }

  private func claim(_ request: ClaimIdempotencyKey) -> ClaimedIdempotencyKey {
    rows.withLock { rows in
      guard let row = rows[request.keyHash] else {
        let claimId = IdempotencyClaimID.random()
        rows[request.keyHash] = Row(requestHash: request.requestHash, claimId: claimId)
        return ClaimedIdempotencyKey(outcome: .claimed, claimId: claimId)
      }
      guard row.requestHash == request.requestHash else { return ClaimedIdempotencyKey(outcome: .otherRequest) }
      guard row.isDone else { return ClaimedIdempotencyKey(outcome: .running) }
      return ClaimedIdempotencyKey(
        outcome: row.sealedAnswer == nil ? .unkept : .answered, sealedAnswer: row.sealedAnswer)
    }
  }
}
