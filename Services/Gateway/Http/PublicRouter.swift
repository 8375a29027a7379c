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
  private let console: ConsoleAuthenticator
  private let limits: CallerLimits
  private let idempotentCalls: IdempotentCalls
  private let members: MemberNames
  private(set) var routes: [Route] = []

  init(
    _ router: ServiceRouter, authenticator: CallerAuthenticator, console: ConsoleAuthenticator,
    limits: CallerLimits, idempotentCalls: IdempotentCalls, members: MemberNames
  ) {
    self.members = members
    self.router = router
    self.console = console
    self.limits = limits
    self.authenticator = authenticator
    self.idempotentCalls = idempotentCalls
  }

  mutating func get(_ path: String, query: Set<String> = [], _ handler: @escaping Handler) {
    add(.get, path, query, handler)
  }
  mutating func post(_ path: String, _ handler: @escaping Handler) { add(.post, path, [], handler) }
  mutating func put(_ path: String, query: Set<String> = [], _ handler: @escaping Handler) {
    add(.put, path, query, handler)
  }
  mutating func patch(_ path: String, query: Set<String> = [], _ handler: @escaping Handler) {
    add(.patch, path, query, handler)
  }
  mutating func delete(_ path: String, query: Set<String> = [], _ handler: @escaping Handler) {
    add(.delete, path, query, handler)
  }

  private mutating func add(
    _ method: HTTPRequest.Method, _ path: String, _ query: Set<String>, _ handler: @escaping Handler
  ) {
    routes.append(Route(method: method.rawValue, path: path, query: query))
    let (authenticator, console, limits) = (authenticator, console, limits)
    let (idempotentCalls, members) = (idempotentCalls, members)
    router.on(RouterPath(path), method: method) { request, context in
      let signedIn = try await console.identify(request, context)
      let identity = if let signedIn { signedIn } else { try await authenticator.identify(request, context) }
      try limits.take(identity.caller.user?.id, in: identity.caller.organizationId)
      let key = method == .get ? nil : try IdempotencyKey(request)
      let query = try QueryParameters(request, known: query)
      let work: IdempotentCalls.Work = { request in
        try await handler(
          PublicCall(identity: identity, members: members, query: query, request: request, context: context))
      }
      guard let key else { return try await work(request).rendered }
      let credential =
        if let token = console.token(of: request) { token } else { try CallerAuthenticator.bearer(request) }
      return try await idempotentCalls.answer(key, request, by: identity, with: credential, context, work)
    }
  }
}
