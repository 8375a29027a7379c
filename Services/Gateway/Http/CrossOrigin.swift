import HTTPTypes
import Hummingbird
import ServiceKit

/// Lets the host platform's pages call the public API from a browser (Fetch standard, CORS protocol).
///
/// Only `/v1/`, only named origins, and never with cookies: every call carries its own bearer token.
struct CrossOrigin: RouterMiddleware {
  typealias Context = AppRequestContext

  /// Seconds that a browser may remember the answer to its question; more than two hours no browser honours.
  private static let rememberedSeconds = 7_200
  private static let paths = "/v1/"
  private static let methods = "GET, POST, PATCH, PUT, DELETE"
  private static let requestHeaders = "Authorization, Content-Type, Idempotency-Key, Traceparent"
  private static let responseHeaders = "Retry-After, X-Request-Id, Idempotency-Replayed"

  let origins: HostOrigins

  func handle(
    _ request: Request, context: AppRequestContext, next: (Request, AppRequestContext) async throws -> Response
  ) async throws -> Response {
    guard request.uri.path.hasPrefix(Self.paths), let origin = request.headers[.origin] else {
      return try await next(request, context)
    }
    let isAllowed = origins.allows(origin)
    if request.method == .options, request.headers[.accessControlRequestMethod] != nil {
      return preflight(origin, isAllowed)
    }
    var response = try await next(request, context)
    response.headers[.vary] = "Origin"
    if isAllowed {
      response.headers[.accessControlAllowOrigin] = origin
      response.headers[.accessControlExposeHeaders] = Self.responseHeaders
    }
    return response
  }

  /// A browser asks before it calls. A refusal is an answer without permission: there is nobody to read a reason.
  private func preflight(_ origin: String, _ isAllowed: Bool) -> Response {
    var headers: HTTPFields = [.vary: "Origin"]
    if isAllowed {
      headers[.accessControlAllowOrigin] = origin
      headers[.accessControlAllowMethods] = Self.methods
      headers[.accessControlAllowHeaders] = Self.requestHeaders
      headers[.accessControlMaxAge] = String(Self.rememberedSeconds)
    }
    return Response(status: .noContent, headers: headers)
  }
}
