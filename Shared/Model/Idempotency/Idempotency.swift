/// Asks for the right to do the call that an `Idempotency-Key` belongs to.
///
/// Both hashes are the gateway's: whoever stores them learns neither the key nor the request.
public struct ClaimIdempotencyKey: Codable, Sendable {
  /// Base64 of the 32 bytes that stand for organization, caller and key.
  public var keyHash: String
  /// Base64 of the 32 bytes that stand for the request.
  public var requestHash: String

  public init(keyHash: String, requestHash: String) {
    self.keyHash = keyHash
    self.requestHash = requestHash
  }
}

/// What became of a claim.
public struct ClaimedIdempotencyKey: Codable, Sendable {
  public enum Outcome: String, Codable, Sendable {
    /// The caller does the call now, and says how it ended.
    case claimed
    /// Another call with this key is being worked on.
    case running
    /// The call was done; its answer is here.
    case answered
    /// The call was done; its answer was not kept.
    case unkept
    /// The key belongs to another request.
    case otherRequest
  }

  public var outcome: Outcome
  /// With ``Outcome/claimed``.
  public var claimId: IdempotencyClaimID?
  /// With ``Outcome/answered``: the bytes that the first call's gateway stored, in base64.
  public var sealedAnswer: String?

  public init(outcome: Outcome, claimId: IdempotencyClaimID? = nil, sealedAnswer: String? = nil) {
    self.outcome = outcome
    self.claimId = claimId
    self.sealedAnswer = sealedAnswer
  }
}

/// A claimed call was done.
public struct CompleteIdempotentCall: Codable, Sendable {
  /// Bytes that a sealed answer may have. Answers to unsafe calls have a few thousand; what is kept for a day has to have an end.
  public static let maximumSealedBytes = 131_072

  public var organizationId: OrganizationID
  public var keyHash: String
  public var claimId: IdempotencyClaimID
  /// Base64 of the answer, sealed so that only the caller's own credential opens it; absent when it is not kept.
  public var sealedAnswer: String?

  public init(
    organizationId: OrganizationID, keyHash: String, claimId: IdempotencyClaimID, sealedAnswer: String?
  ) {
    self.organizationId = organizationId
    self.keyHash = keyHash
    self.claimId = claimId
    self.sealedAnswer = sealedAnswer
  }
}

/// A claimed call was not done, or may be done again: its key is free.
public struct AbandonIdempotentCall: Codable, Sendable {
  public var organizationId: OrganizationID
  public var keyHash: String
  public var claimId: IdempotencyClaimID

  public init(organizationId: OrganizationID, keyHash: String, claimId: IdempotencyClaimID) {
    self.organizationId = organizationId
    self.keyHash = keyHash
    self.claimId = claimId
  }
}

/// Unsafe calls that are done once, answered by the policy service.
public enum IdempotencyEndpoints {
  public static let claim = Endpoint<OnBehalf<ClaimIdempotencyKey>, ClaimedIdempotencyKey>(
    .policy, .post, "/internal/idempotency/claim", callers: [.gateway])
  /// Fails with `conflict` when the claim was lost. By the claim and not on a caller's behalf: the call itself may have ended the
  /// credential.
  public static let complete = Endpoint<CompleteIdempotentCall, Empty>(
    .policy, .post, "/internal/idempotency/complete", callers: [.gateway])
  /// Frees the key if the claim still holds it.
  public static let abandon = Endpoint<AbandonIdempotentCall, Empty>(
    .policy, .post, "/internal/idempotency/abandon", callers: [.gateway])
}
