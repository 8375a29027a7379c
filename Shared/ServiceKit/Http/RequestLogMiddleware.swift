public import Hummingbird
import Logging

/// One record per request: method, route template, status, duration. Neither the path nor the query, which hold ids and codes.
public struct RequestLogMiddleware: RouterMiddleware {
  public typealias Context = AppRequestContext

  public init() {}

  public func handle(
    _ request: Request, context: AppRequestContext, next: (Request, AppRequestContext) async throws -> Response
  ) async throws -> Response {
    let start = ContinuousClock.now
    let response = try await next(request, context)
    let route = context.endpointPath ?? "NotFound"
    // Probes come every few seconds and say nothing.
    let level: Logger.Level = HealthRoutes.paths.contains(route) ? .debug : .info
    context.logger.log(
      level: level, "request",
      metadata: [
        "method": "\(request.method.rawValue)", "route": "\(route)",
        "status": .stringConvertible(Int(response.status.code)),
        "durationMs": .stringConvertible((start.duration(to: .now) / .milliseconds(1) * 100).rounded() / 100),
      ])
    return response
  }
}
