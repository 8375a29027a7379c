import HTTPTypes
import Hummingbird
import Model
import ServiceKit

/// The host's page brings its person to the connect page: the bridge posts the session that it holds into the window that it opens.
///
/// Only from the host's own origins, which browsers state and pages cannot: a stranger's page could otherwise sign browsers in as whom it
/// likes (login CSRF).
struct HandOverRoutes: Sendable {
  /// A page that hides where it comes from, or a sandboxed frame: there is no telling which.
  private static let hiddenOrigin = "null"

  let peers: PeerClients
  let journey: ConnectJourney
  let responder: PageResponder
  let authenticator: CallerAuthenticator
  let origins: HostOrigins

  func add(to router: ServiceRouter) { router.post("/connect/{id}/enter", use: responder.page(enter)) }

  /// Always ends on the connect page, unless the request is hostile or mistaken: there everyone learns what is missing.
  @Sendable private func enter(_ request: Request, _ context: AppRequestContext) async throws -> Response {
    let id = try FlowID(of: context)
    var response = responder.redirect(to: .connectPage(id))
    let origin = request.headers[.origin]
    guard origin != Self.hiddenOrigin else { return response }
    guard let origin, origins.allows(origin) else {
      throw ServiceError(
        .forbidden, "Only pages of your organization may bring somebody here. Start from the application.")
    }
    let fields = try await BrowserForms.fields(request, context)
    guard let session = fields["session"], let identity = try await identity(Secret(session), request, context) else {
      return response
    }
    guard try await journey.facts(id).isOf(identity.caller) else {
      throw ServiceError(
        .forbidden, "The page that opened this window is somebody else's. Go back to the application and connect again."
      )
    }
    let started = try await peers.call(BrowserSessionEndpoints.handOver, identity.asking(Empty()))
    response.headers[.setCookie] = PersonCookie.connect.setting(
      started, isSecure: responder.forms.publicURL.isSecure)
    return response
  }

  /// Nil for a session that has ended, and for one that is not a person's own: neither brings anybody in.
  private func identity(
    _ session: Secret<String>, _ request: Request, _ context: AppRequestContext
  ) async throws -> CallerIdentity? {
    do {
      let identity = try await authenticator.identify(session, request, context)
      return identity.caller.credential == .session && identity.caller.charmId == nil ? identity : nil
    } catch let error as ServiceError where error.code == .unauthenticated {
      return nil
    }
  }
}

extension FlowID {
  /// The flow in the path of a page.
  ///
  /// - Throws: `flow_not_found` for what cannot be one.
  init(of context: AppRequestContext) throws {
    guard let id = context.parameters.get("id").flatMap(FlowID.init(validating:)) else {
      throw ServiceError(.flowNotFound, "This link is not complete. Go back to the application and connect again.")
    }
    self = id
  }
}
