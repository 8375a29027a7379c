import Audit
import Model
import PostgreSQL
import ServiceKit
import ServiceTokens

/// Serves the vault's calls: sealed first, then the grant, then the work; and every refused grant leaves a trace.
struct VaultRoutes {
  let router: ServiceRouter
  let seal: Seal
  let refusals: RefusalTrail

  /// A call that needs a grant with one of the purposes.
  func serve<Request: Codable & Sendable, Answer: Codable & Sendable>(
    _ endpoint: Endpoint<Request, Answer>, granting purposes: Set<Grant.Purpose>,
    _ work: @escaping @Sendable (Request, Authority) async throws -> Answer
  ) {
    serve(endpoint) { call in
      let authority = try Authority(
        try call.grant(), from: call.callerService, requestId: call.requestId, anyOf: purposes)
      return try await work(call.request, authority)
    }
  }

  /// A call that carries on what a grant allowed before: the reference in it names the organization, and the record must agree.
  func serve<Request: Codable & Sendable, Answer: Codable & Sendable>(
    _ endpoint: Endpoint<Request, Answer>,
    byService work: @escaping @Sendable (Request, AuditEntry.Caller) async throws -> Answer
  ) {
    serve(endpoint) { call in
      try await work(call.request, AuditEntry.Caller(service: call.callerService, requestId: call.requestId))
    }
  }

  private func serve<Request: Codable & Sendable, Answer: Codable & Sendable>(
    _ endpoint: Endpoint<Request, Answer>,
    _ work: @escaping @Sendable (InternalCall<Request>) async throws -> Answer
  ) {
    let seal = seal
    let refusals = refusals
    router.serve(endpoint) { call in
      try seal.requireOpen()
      do {
        return try await work(call)
      } catch let error as GrantMismatch {
        await refusals.record(error, call.callerService, call.requestId, endpoint.path)
        throw error
      } catch let error as GrantRefused {
        await refusals.record(error, call.callerService, call.requestId, endpoint.path)
        throw error
      } catch let error as PostgresError {
        throw error.asServiceError
      }
    }
  }
}

extension PostgresError {
  /// Seconds until a retry makes sense: the client reconnects within a second or two.
  private static let retryAfterSeconds = 1

  /// What the caller learns of a database error.
  var asServiceError: ServiceError {
    let unavailable = ServiceError(
      .unavailable, "The vault's database did not answer in time. Try again.", retryAfter: Self.retryAfterSeconds,
      cause: self)
    switch self {
    case .connectionLost, .outcomeUnknown, .poolTimeout, .queueFull, .timeout, .cancelled, .shutDown: return unavailable
    case .invalidParameter: return Self.invalid(self)
    case .decoding, .transactionEnded, .notAllowed: return Self.internalFailure(self)
    case .server(let fault):
      switch fault.state.errorClass {
      // Data that the database cannot hold: U+0000, a number out of range, a text too long for an index.
      case "22", "54": return Self.invalid(self)
      // Lost races, shutdown, resources, lost connections.
      case "40", "53", "55", "57", "08": return unavailable
      default: return Self.internalFailure(self)
      }
    }
  }

  private static func invalid(_ cause: PostgresError) -> ServiceError {
    ServiceError(.invalidRequest, "A value in the request cannot be stored.", cause: cause)
  }

  private static func internalFailure(_ cause: PostgresError) -> ServiceError {
    ServiceError(.internalError, "Something went wrong on our side. The request id finds it in the logs.", cause: cause)
  }
}
