import Hummingbird

/// Reads the form of a provider endpoint and counts the request, before anything else may happen to it.
struct IntakeMiddleware: RouterMiddleware {
  typealias Context = SandboxContext

  let endpoint: ProviderEndpoint
  let counters: Counters

  func handle(
    _ request: Request, context: SandboxContext, next: (Request, SandboxContext) async throws -> Response
  ) async throws -> Response {
    var request = request
    var context = context
    if request.method == .post {
      let body = try await request.collectBody(upTo: endpoint.bodyBytes)
      if endpoint.readsForm { context.form = FormFields(String(buffer: body)) }
    } else {
      context.form = FormFields(request.uri.query ?? "")
    }
    counters.count(.request, at: endpoint, grantType: context.form["grant_type"])
    return try await next(request, context)
  }
}
