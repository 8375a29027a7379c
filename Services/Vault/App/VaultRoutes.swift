import Audit
import Model
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
      }
    }
  }
}
