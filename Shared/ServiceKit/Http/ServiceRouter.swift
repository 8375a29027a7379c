import FoundationEssentials
import HTTPTypes
public import Hummingbird
import Logging
public import Model
import ServiceTokens

/// The routes of a service, with the middleware that every request goes through.
///
/// Other services' calls are registered by ``serve(_:_:)``; pages and public calls by the router's own methods (`get`, `post`, `group`).
public final class ServiceRouter: RouterMethods {
  public typealias Context = AppRequestContext
  private let router: Router<AppRequestContext>
  private let routes = RouteTable()
  private let healthRoutes = HealthRoutes()
  private let credentials: ServiceCredentials

  /// - Parameters:
  ///   - environment: of the service that answers.
  ///   - outer: middleware that sees every answer as it leaves, problem documents included.
  public init(
    _ environment: ServiceEnvironment, outer: [any MiddlewareProtocol<Request, Response, AppRequestContext>] = []
  ) {
    credentials = environment.credentials
    router = Router(context: AppRequestContext.self, options: .autoGenerateHeadEndpoints)
    router.add(middleware: RequestScopeMiddleware(maximumBodyBytes: environment.settings.maximumBodyBytes))
    router.add(middleware: RequestLogMiddleware())
    router.add(middleware: RequestMetricsMiddleware(metrics: environment.metrics))
    for middleware in outer { router.add(middleware: middleware) }
    router.add(middleware: ErrorMiddleware(routes: routes))
    healthRoutes.add(to: self)
  }

  /// Answers an internal call. The caller's token is checked first, then whether the caller may make this call; the body is decoded
  /// strictly, and the answer is never cached.
  ///
  /// - Parameters:
  ///   - endpoint: the call; it must be one of this service's.
  ///   - handler: the work. It needs nothing of HTTP.
  public func serve<Req: Codable & Sendable, Res: Codable & Sendable>(
    _ endpoint: Endpoint<Req, Res>, _ handler: @escaping @Sendable (InternalCall<Req>) async throws -> Res
  ) {
    precondition(
      endpoint.service == credentials.service, "\(endpoint.path) belongs to the \(endpoint.service.rawValue) service")
    let authentication = ServiceAuthentication(credentials.verifier, allowed: endpoint.callers)
    let grants = credentials.grants
    let method = Self.method(endpoint.method.rawValue)
    on(RouterPath(endpoint.path), method: method) { request, context -> Response in
      var context = context
      let caller = try authentication.caller(of: request)
      context.callerService = caller
      context.logger[metadataKey: "caller"] = "\(caller.rawValue)"
      let call = InternalCall<Req>(
        request: try await Self.body(of: request, context), caller: caller, http: request, context: context,
        grants: grants)
      return try Response.json(try await handler(call))
    }
  }

  private static func body<Req: Codable & Sendable>(
    of request: Request, _ context: AppRequestContext
  ) async throws -> Req {
    switch request.method {
    case .post, .put: try await request.decodeStrictly(Req.self, context)
    default: try StrictJSON.decode(Req.self, from: Data("{}".utf8))
    }
  }

  private static func method(_ name: String) -> HTTPRequest.Method {
    guard let method = HTTPRequest.Method(rawValue: name) else { preconditionFailure("\(name) is not a method name") }
    return method
  }

  // MARK: RouterMethods

  @discardableResult
  public func on<Responder: HTTPResponder>(
    _ path: RouterPath, method: HTTPRequest.Method, responder: Responder
  ) -> Self where Responder.Context == AppRequestContext {
    routes.add(path, method: method)
    router.on(path, method: method, responder: responder)
    return self
  }

  @discardableResult
  public func add(middleware: any MiddlewareProtocol<Request, Response, AppRequestContext>) -> Self {
    router.add(middleware: middleware)
    return self
  }

  /// The finished routes.
  func responder(_ health: Health) -> RouterResponder<AppRequestContext> {
    healthRoutes.answer(for: health)
    return router.buildResponder()
  }
}
