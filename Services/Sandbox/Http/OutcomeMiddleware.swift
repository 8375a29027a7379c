import Hummingbird

/// Turns the handler's verdict into an answer and counts it. Sits closest to the handler: a lost answer still counts.
struct OutcomeMiddleware: RouterMiddleware {
  typealias Context = SandboxContext

  let endpoint: ProviderEndpoint
  let counters: Counters
  /// Writes the answer to a refusal; nil for an error that is none.
  var answer: @Sendable (any Error) throws -> Response? = { error in
    try (error as? OAuthError).map { try Response.refusal($0) }
  }

  func handle(
    _ request: Request, context: SandboxContext, next: (Request, SandboxContext) async throws -> Response
  ) async throws -> Response {
    do {
      let response = try await next(request, context)
      counters.count(.processed, at: endpoint, grantType: context.form["grant_type"])
      return response
    } catch {
      guard let response = try answer(error) else { throw error }
      counters.count(.refused, at: endpoint, grantType: context.form["grant_type"])
      return response
    }
  }
}
