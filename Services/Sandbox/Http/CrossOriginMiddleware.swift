import HTTPTypes
import Hummingbird

/// Lets pages of any origin read the protected endpoints, as the APIs of real providers do.
///
/// Nothing here depends on a cookie: whoever has no access token gets nothing, from whichever page they ask.
struct CrossOriginMiddleware: RouterMiddleware {
  typealias Context = SandboxContext

  func handle(
    _ request: Request, context: SandboxContext, next: (Request, SandboxContext) async throws -> Response
  ) async throws -> Response {
    var response = try await next(request, context)
    response.headers[.accessControlAllowOrigin] = "*"
    // A refusal says there which scope is missing.
    response.headers[.accessControlExposeHeaders] = "WWW-Authenticate, Retry-After"
    return response
  }

  /// Answers the question that browsers ask before they send a header of their own. It is neither counted nor faulted.
  static func addPreflight(to router: Router<SandboxContext>, at path: RouterPath) {
    router.on(path, method: .options) { _, _ in
      Response(
        status: .noContent,
        headers: [
          .accessControlAllowOrigin: "*", .accessControlAllowMethods: "GET",
          .accessControlAllowHeaders: "Authorization", .accessControlMaxAge: "\(Limits.preflightSeconds)",
        ])
    }
  }
}
