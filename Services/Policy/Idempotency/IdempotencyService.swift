import FoundationEssentials
import Model

/// Sees to it that an unsafe call with an `Idempotency-Key` is done once.
struct IdempotencyService: Sendable {
  /// Bytes of either hash: SHA-256.
  private static let hashBytes = 32

  let store: IdempotencyStore

  /// Gives the caller the call to do, or says how it stands.
  func claim(_ request: ClaimIdempotencyKey, by principal: Principal) async throws -> ClaimedIdempotencyKey {
    let key = try Self.key(request.keyHash, of: principal.organizationId)
    let requestHash = try Self.hash(request.requestHash, field: "requestHash")
    let claim = IdempotencyClaimID.random()
    if try await store.claim(key, requestHash: requestHash, as: claim) {
      return ClaimedIdempotencyKey(outcome: .claimed, claimId: claim)
    }
    // Freed since: whoever asks again will find it so.
    guard let record = try await store.find(key) else { return ClaimedIdempotencyKey(outcome: .running) }
    guard record.requestHash == requestHash else { return ClaimedIdempotencyKey(outcome: .otherRequest) }
    return switch record.state {
    case .running: ClaimedIdempotencyKey(outcome: .running)
    case .unkept: ClaimedIdempotencyKey(outcome: .unkept)
    case .answered:
      ClaimedIdempotencyKey(
        outcome: .answered, sealedAnswer: record.sealedAnswer.map { Data($0).base64EncodedString() })
    }
  }

  /// - Throws: `conflict` when the claim was lost.
  func complete(_ request: CompleteIdempotentCall) async throws {
    let key = try Self.key(request.keyHash, of: request.organizationId)
    let answer = try request.sealedAnswer.map(Self.answer)
    guard try await store.complete(key, request.claimId, sealedAnswer: answer) else {
      throw ServiceError(.conflict, "The claim took too long and no longer holds the key.")
    }
  }

  func abandon(_ request: AbandonIdempotentCall) async throws {
    try await store.abandon(try Self.key(request.keyHash, of: request.organizationId), request.claimId)
  }

  private static func key(_ text: String, of organization: OrganizationID) throws -> IdempotencyStore.Key {
    IdempotencyStore.Key(organizationId: organization, hash: try hash(text, field: "keyHash"))
  }

  private static func hash(_ text: String, field: String) throws -> [UInt8] {
    guard let data = Data(base64Encoded: text), data.count == hashBytes else {
      throw ServiceError(.invalidRequest, "\(field) must be \(hashBytes) bytes in base64.")
    }
    return Array(data)
  }

  private static func answer(_ text: String) throws -> [UInt8] {
    let maximum = CompleteIdempotentCall.maximumSealedBytes
    guard let data = Data(base64Encoded: text), !data.isEmpty, data.count <= maximum else {
      throw ServiceError(.invalidRequest, "sealedAnswer must be 1 to \(maximum) bytes in base64.")
    }
    return Array(data)
  }
}
