import HTTPTypes
import Hummingbird
import Logging

/// The outermost layer: headers that every answer carries, and an answer to the errors that no handler means.
struct EdgeMiddleware: RouterMiddleware {
  typealias Context = SandboxContext

  func handle(
    _ request: Request, context: SandboxContext, next: (Request, SandboxContext) async throws -> Response
  ) async throws -> Response {
    var response = try await answer(request, context, next)
    response.headers[.xContentTypeOptions] = "nosniff"
    // The address of an authorization request names the client and its state: neither leaves with a click.
    if let name = HTTPField.Name("Referrer-Policy") { response.headers[name] = "no-referrer" }
    return response
  }

  private func answer(
    _ request: Request, _ context: SandboxContext, _ next: (Request, SandboxContext) async throws -> Response
  ) async throws -> Response {
    do {
      return try await next(request, context)
    } catch let cut as ConnectionCut {
      throw cut
    } catch let error as any HTTPResponseError {
      var response = try Response.refusal(OAuthError(.invalidRequest, "The request does not fit this address."))
      response.status = error.status
      return response
    } catch {
      // The type only: an error's text carries what it was made from.
      context.logger.error("unexpected error", metadata: ["errorType": "\(type(of: error))"])
      return try .refusal(OAuthError(.serverError, "Something went wrong in the sandbox."))
    }
  }
}
