import HTTPTypes
import Hummingbird
import Model
import ServiceKit

/// Registers the routes of the public API. Every one of them needs a caller: there is no way to add a route here that forgets to ask.
struct PublicRouter {
  /// One registered route, for the tests that walk them all.
  struct Route: Hashable, Sendable {
    var method: String
    var path: String
    /// Names of the query parameters that it knows.
    var query: Set<String>
  }

  typealias Handler = @Sendable (PublicCall) async throws -> PublicResponse

  private let router: ServiceRouter
  private let authenticator: CallerAuthenticator
  private(set) var routes: [Route] = []

  init(_ router: ServiceRouter, authenticator: CallerAuthenticator) {
    self.router = router
    self.authenticator = authenticator
  }

  mutating func get(_ path: String, query: Set<String> = [], _ handler: @escaping Handler) {
    add(.get, path, query, handler)
  }
  mutating func post(_ path: String, _ handler: @escaping Handler) { add(.post, path, [], handler) }
  mutating func patch(_ path: String, _ handler: @escaping Handler) { add(.patch, path, [], handler) }
  mutating func delete(_ path: String, query: Set<String> = [], _ handler: @escaping Handler) {
    add(.delete, path, query, handler)
  }

  private mutating func add(
    _ method: HTTPRequest.Method, _ path: String, _ query: Set<String>, _ handler: @escaping Handler
  ) {
    routes.append(Route(method: method.rawValue, path: path, query: query))
    let authenticator = authenticator
    router.on(RouterPath(path), method: method) { request, context in
      let identity = try await authenticator.identify(request, context)
      if method != .get { try IdempotencyKey.check(request) }
      let call = PublicCall(
        identity: identity, query: try QueryParameters(request, known: query), request: request, context: context)
      return try await handler(call).rendered
    }
  }
}
