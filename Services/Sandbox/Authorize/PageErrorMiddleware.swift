import Hummingbird

/// Reads the form of a page and shows a refusal as a page: here a person reads the answer, not a program.
struct PageErrorMiddleware: RouterMiddleware {
  typealias Context = SandboxContext

  let pages: Pages

  func handle(
    _ request: Request, context: SandboxContext, next: (Request, SandboxContext) async throws -> Response
  ) async throws -> Response {
    var request = request
    var context = context
    do {
      let body = request.method == .post ? try await request.collectBody(upTo: context.maxUploadSize) : nil
      context.form = FormFields(body.map { String(buffer: $0) } ?? request.uri.query ?? "")
      return try await next(request, context)
    } catch let error as OAuthError {
      return try pages.refusal(error.message)
    }
  }
}
