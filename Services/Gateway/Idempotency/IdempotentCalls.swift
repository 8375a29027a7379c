import FoundationEssentials
import HTTPTypes
import Hummingbird
import Logging
import Model
import NIOCore
import ServiceKit
import SingleFlight

/// Does unsafe calls that carry an `Idempotency-Key` once, and gives a repeated call the first answer again.
///
/// The policy service decides who does a call; without its word nothing is done.
struct IdempotentCalls: Sendable {
  typealias Work = @Sendable (Request) async throws -> PublicResponse

  /// Seconds after which it makes sense to ask again for the answer of a call that is being worked on: most take less than one.
  private static let retrySeconds = 1

  /// How often the gateway says that a call was done before it gives up: once more, for a policy service that was just restarted.
  private static let recordAttempts = 2

  let peers: PeerClients
  // A caller that goes away does not stop the call: it may have happened already, and the answer is what the key is for.
  private let runs = SingleFlight<IdempotencyClaimID, PublicResponse>()

  init(peers: PeerClients) { self.peers = peers }

  /// - Parameter credential: the text by which the caller has proved itself.
  /// - Throws: `conflict` while the first call is being worked on, and when its answer was not kept; `idempotency_key_reused` for another
  ///   request; what the work throws.
  func answer(
    _ key: IdempotencyKey, _ request: Request, by identity: CallerIdentity, with credential: Secret<String>,
    _ context: AppRequestContext, _ work: @escaping Work
  ) async throws -> Response {
    let body = try await request.collectBody(context)
    var readable = request
    readable.body = RequestBody(buffer: ByteBuffer(bytes: body))
    let call = IdempotentCall(key, request, body: body, by: identity, credential: credential)
    let claimed = try await peers.call(IdempotencyEndpoints.claim, identity.asking(call.claim))
    if claimed.outcome == .claimed, let claimId = claimed.claimId {
      return try await runs.run(claimId) { [readable] in
        try await perform(call, claimId, logger: context.logger) { try await work(readable) }
      }.rendered
    }
    guard claimed.outcome == .answered, let sealed = claimed.sealedAnswer else {
      throw Self.refusal(claimed.outcome)
    }
    return try Self.repeated(sealed, of: call)
  }

  /// The call itself, with how it ended on record before anyone learns of it.
  private func perform(
    _ call: IdempotentCall, _ claimId: IdempotencyClaimID, logger: Logger,
    _ work: @Sendable () async throws -> PublicResponse
  ) async throws -> PublicResponse {
    let answer: PublicResponse
    do {
      answer = try await work()
    } catch {
      await release(call, claimId, logger)
      throw error
    }
    if answer.isRepeatable {
      await remember(answer, of: call, claimId, logger)
    } else {
      await release(call, claimId, logger)
    }
    return answer
  }

  /// The call was done, so its answer is given even if it cannot be kept.
  private func remember(
    _ answer: PublicResponse, of call: IdempotentCall, _ claimId: IdempotencyClaimID, _ logger: Logger
  ) async {
    for attempt in 1...Self.recordAttempts {
      do {
        let sealed = try SealedAnswer.seal(answer, of: call)
        _ = try await peers.call(IdempotencyEndpoints.complete, call.completion(claimId, sealedAnswer: sealed))
        return
      } catch {
        guard attempt == Self.recordAttempts else { continue }
        logger.error("an answer is not remembered", metadata: ["reason": "\(Self.reason(error))"])
      }
    }
  }

  private func release(_ call: IdempotentCall, _ claimId: IdempotencyClaimID, _ logger: Logger) async {
    do {
      _ = try await peers.call(IdempotencyEndpoints.abandon, call.abandonment(claimId))
    } catch {
      // The claim ends by itself.
      logger.warning("an idempotency key is not freed", metadata: ["reason": "\(Self.reason(error))"])
    }
  }

  private static func repeated(_ sealed: String, of call: IdempotentCall) throws -> Response {
    do {
      var response = try SealedAnswer.open(sealed, of: call).rendered
      response.headers[.idempotencyReplayed] = "true"
      return response
    } catch {
      throw ServiceError(
        .internalError, "The call was done; its first answer is on record and cannot be read. Read the state instead.",
        cause: error)
    }
  }

  private static func refusal(_ outcome: ClaimedIdempotencyKey.Outcome) -> ServiceError {
    switch outcome {
    case .otherRequest:
      ServiceError(
        .idempotencyKeyReused, "This Idempotency-Key was sent with another request. Use a new one for a new request.")
    case .unkept:
      ServiceError(
        .conflict, "The call was done; its answer is too large to be given again. Read the state instead.")
    case .running, .claimed, .answered:
      ServiceError(
        .conflict, "The first call with this Idempotency-Key is being worked on. Repeat it for its answer.",
        retryAfter: retrySeconds)
    }
  }

  private static func reason(_ error: any Error) -> String {
    (error as? any ServiceErrorConvertible)?.serviceError.code.rawValue ?? "\(type(of: error))"
  }
}
