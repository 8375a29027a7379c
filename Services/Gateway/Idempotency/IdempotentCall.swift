import Crypto
import FoundationEssentials
import HTTPTypes
import Hummingbird
import Model

/// A call with an `Idempotency-Key`, as the policy service may know it: by hashes.
struct IdempotentCall: Sendable {
  let organizationId: OrganizationID
  /// SHA-256 over organization, credential and key: another caller's same key is another key.
  let keyHash: [UInt8]
  /// HMAC-SHA256 over method, path, query and body, keyed by the credential: a body may hold a client secret, and a bare hash would
  /// let whoever has the database try guesses.
  let requestHash: [UInt8]
  let credential: Secret<String>

  /// - Parameters:
  ///   - credential: the text by which the caller has proved itself.
  ///   - body: of the request, all of it.
  init(
    _ key: IdempotencyKey, _ request: Request, body: Data, by identity: CallerIdentity, credential: Secret<String>
  ) {
    organizationId = identity.caller.organizationId
    self.credential = credential
    let digest = identity.credential.onTheWire.secret.expose { Data($0.utf8) }
    var hash = SHA256()
    for part in [Data(organizationId.rawValue.utf8), digest, Data(key.text.utf8)] {
      hash.update(data: Self.length(of: part))
      hash.update(data: part)
    }
    keyHash = Array(hash.finalize())
    let secretKey = CredentialKey.derive(from: credential, for: .request, salt: [], subject: keyHash)
    var code = HMAC<SHA256>(key: secretKey)
    let target = [request.method.rawValue, request.uri.path, request.uri.query ?? ""].map { Data($0.utf8) }
    for part in target + [body] {
      code.update(data: Self.length(of: part))
      code.update(data: part)
    }
    requestHash = Array(code.finalize())
  }

  /// The question whether the caller may do it.
  var claim: ClaimIdempotencyKey {
    ClaimIdempotencyKey(
      keyHash: Data(keyHash).base64EncodedString(), requestHash: Data(requestHash).base64EncodedString())
  }

  func completion(_ claimId: IdempotencyClaimID, sealedAnswer: [UInt8]?) -> CompleteIdempotentCall {
    CompleteIdempotentCall(
      organizationId: organizationId, keyHash: Data(keyHash).base64EncodedString(), claimId: claimId,
      sealedAnswer: sealedAnswer.map { Data($0).base64EncodedString() })
  }

  func abandonment(_ claimId: IdempotencyClaimID) -> AbandonIdempotentCall {
    AbandonIdempotentCall(
      organizationId: organizationId, keyHash: Data(keyHash).base64EncodedString(), claimId: claimId)
  }

  /// Goes before every part, so that no two lists of parts hash alike.
  private static func length(of part: Data) -> [UInt8] {
    withUnsafeBytes(of: UInt64(part.count).bigEndian) { Array($0) }
  }
}
