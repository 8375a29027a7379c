import HTTPTypes
import Hummingbird
import MCP
import ServiceKit

/// Lets the host platform's pages call the public API and MCP servers from a browser (Fetch standard, CORS protocol).
///
/// Only `/v1/` and `/mcp`, only named origins, and never with cookies: every call carries its own bearer token.
struct CrossOrigin: RouterMiddleware {
  typealias Context = AppRequestContext

  /// What a page may do at some paths.
  private struct Permission {
    var methods: String
    var requestHeaders: String
    var responseHeaders: String
    /// Begin further names of request headers.
    var prefix: String?
  }

  /// Seconds that a browser may remember the answer to its question; more than two hours no browser honours.
  private static let rememberedSeconds = 7_200

  private static let api = Permission(
    methods: "GET, POST, PATCH, PUT, DELETE",
    requestHeaders: "Authorization, Content-Type, Idempotency-Key, Traceparent",
    responseHeaders: "Retry-After, X-Request-Id, Idempotency-Replayed")

  /// A tool may want parameters repeated in headers, under names of its own.
  private static let mcp = Permission(
    methods: "POST",
    requestHeaders: [
      "Authorization, Content-Type, Traceparent", HeaderName.protocolVersion, HeaderName.method, HeaderName.name,
      HeaderName.sessionId, ActingApplication.header, ActingApplication.connectionHeader, ProxiedTarget.urlHeader,
      ProxiedTarget.authorizationHeader,
    ].joined(separator: ", "),
    responseHeaders: "\(HeaderName.sessionId), WWW-Authenticate, Retry-After, X-Request-Id",
    prefix: HeaderName.parameterPrefix)

  let origins: HostOrigins

  func handle(
    _ request: Request, context: AppRequestContext, next: (Request, AppRequestContext) async throws -> Response
  ) async throws -> Response {
    guard let permission = Self.permission(at: request.uri.path), let origin = request.headers[.origin] else {
      return try await next(request, context)
    }
    let isAllowed = origins.allows(origin)
    if request.method == .options, request.headers[.accessControlRequestMethod] != nil {
      return Self.preflight(request, origin, isAllowed ? permission : nil)
    }
    var response = try await next(request, context)
    response.headers[.vary] = "Origin"
    if isAllowed {
      response.headers[.accessControlAllowOrigin] = origin
      response.headers[.accessControlExposeHeaders] = permission.responseHeaders
    }
    return response
  }

  private static func permission(at path: String) -> Permission? {
    if path.hasPrefix("/v1/") { return api }
    return path == "/mcp" || path.hasPrefix("/mcp/") ? mcp : nil
  }

  /// A browser asks before it calls. A refusal is an answer without permission: there is nobody to read a reason.
  private static func preflight(_ request: Request, _ origin: String, _ permission: Permission?) -> Response {
    var headers: HTTPFields = [.vary: "Origin"]
    if let permission {
      headers[.accessControlAllowOrigin] = origin
      headers[.accessControlAllowMethods] = permission.methods
      let asked = request.headers[.accessControlRequestHeaders] ?? ""
      let named = permission.prefix.map { names(in: asked, beginning: $0) } ?? []
      headers[.accessControlAllowHeaders] = ([permission.requestHeaders] + named).joined(separator: ", ")
      headers[.accessControlMaxAge] = String(rememberedSeconds)
    }
    return Response(status: .noContent, headers: headers)
  }

  /// The names among those asked for that begin so. Whatever is no name of a header is left out.
  private static func names(in list: String, beginning prefix: String) -> [String] {
    list.split(separator: ",").compactMap { HTTPField.Name(String($0.filter { $0 != " " })) }
      .filter { $0.canonicalName.hasPrefix(prefix.lowercased()) }.map(\.rawName)
  }
}
