public import CoreMetrics
public import Hummingbird
import Metrics

/// Counts requests and measures them, by route template, method and status.
public struct RequestMetricsMiddleware: RouterMiddleware {
  public typealias Context = AppRequestContext
  private let calls: CallSeries
  private let active: Meter

  /// Methods that get a label of their own; a caller can invent any others.
  private static let methods: Set<HTTPRequest.Method> = [.get, .head, .post, .put, .patch, .delete, .options]

  public init(metrics: any MetricsFactory) {
    calls = CallSeries(name: "http_request", subject: "method", outcome: "status", metrics: metrics)
    active = Meter(label: "http_requests_active", factory: metrics)
  }

  public func handle(
    _ request: Request, context: AppRequestContext, next: (Request, AppRequestContext) async throws -> Response
  ) async throws -> Response {
    let start = ContinuousClock.now
    active.increment()
    defer { active.decrement() }
    let response = try await next(request, context)
    calls.record(
      subject: Self.methods.contains(request.method) ? request.method.rawValue : "other",
      route: context.endpointPath ?? "NotFound", outcome: String(response.status.code), since: start)
    return response
  }
}
