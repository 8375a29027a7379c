import HTTPTypes
import Hummingbird
import Model
import ServiceKit

/// What every public answer says to browsers, pages and documents alike: stay on https, and believe the content type.
struct PublicHeaders: RouterMiddleware {
  typealias Context = AppRequestContext

  let isSecure: Bool

  func handle(
    _ request: Request, context: AppRequestContext, next: (Request, AppRequestContext) async throws -> Response
  ) async throws -> Response {
    var response: Response
    do {
      response = try await next(request, context)
    } catch let error as any ServiceErrorConvertible where error.serviceError.code.status < 500 {
      // Refusals get the headers too. Failures pass on to the error middleware, which logs them.
      response = ProblemResponse.make(error.serviceError, context)
    }
    response.headers[.xContentTypeOptions] = "nosniff"
    if isSecure { response.headers[.strictTransportSecurity] = "max-age=31536000; includeSubDomains" }
    return response
  }
}
