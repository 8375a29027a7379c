import HTTPTypes
public import Hummingbird
import Logging
import Tracing

/// Gives the request its id, its trace and its logger, before anything else sees it.
public struct RequestScopeMiddleware: RouterMiddleware {
  public typealias Context = AppRequestContext
  private let maximumBodyBytes: Int
  private let instrument = TraceInstrument()

  public init(maximumBodyBytes: Int) { self.maximumBodyBytes = maximumBodyBytes }

  public func handle(
    _ request: Request, context: AppRequestContext, next: (Request, AppRequestContext) async throws -> Response
  ) async throws -> Response {
    var scope = InstrumentationContext.topLevel
    instrument.extract(request.headers, into: &scope, using: HeaderExtractor())
    var context = context
    context.maxUploadSize = maximumBodyBytes
    if let id = scope.requestId { context.requestId = id }
    if let trace = scope.trace { context.trace = trace }
    context.logger[metadataKey: JSONLogHandler.serverRequestIdKey] = "\(context.requestId)"
    context.logger[metadataKey: "traceId"] = "\(context.trace.traceId)"
    let scoped = context
    var response = try await InstrumentationContext.$current.withValue(scope) { try await next(request, scoped) }
    response.headers[.requestId] = context.requestId
    return response
  }
}

private struct HeaderExtractor: Extractor {
  func extract(key: String, from headers: HTTPFields) -> String? {
    HTTPField.Name(key).flatMap { headers[$0] }
  }
}

extension HTTPField.Name {
  /// `X-Request-Id`
  static let requestId = headerName("X-Request-Id")
  /// `Lanyard-Grant`
  static let grant = headerName("Lanyard-Grant")

  private static func headerName(_ text: String) -> HTTPField.Name {
    guard let name = HTTPField.Name(text) else { preconditionFailure("\(text) is not a header name") }
    return name
  }
}
