import Hummingbird

/// Lets only the holder of the admin token pass, and writes refusals in the form of the other endpoints.
struct AdminMiddleware: RouterMiddleware {
  typealias Context = SandboxContext

  let token: Fingerprint

  func handle(
    _ request: Request, context: SandboxContext, next: (Request, SandboxContext) async throws -> Response
  ) async throws -> Response {
    do {
      guard request.bearerToken.map(Fingerprint.init(of:)) == token else {
        throw OAuthError(
          .invalidToken, "The admin token is missing or wrong.", challenge: #"Bearer realm="sandbox admin""#)
      }
      return try await next(request, context)
    } catch let error as OAuthError {
      return try .refusal(error)
    }
  }
}
