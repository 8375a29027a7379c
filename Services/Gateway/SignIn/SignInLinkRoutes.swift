import Model
import ServiceKit

/// One-time sign-in links, for the host platform.
struct SignInLinkRoutes: Sendable {
  let peers: PeerClients
  let publicURL: PublicURL

  func add(to router: inout PublicRouter) { router.post("/v1/sign-in-links", create) }

  @Sendable func create(_ call: PublicCall) async throws -> PublicResponse {
    let request = try await call.body(CreateSignInLink.self)
    let created = try await peers.call(BrowserSessionEndpoints.createLink, call.identity.asking(request))
    let url = created.token.secret.expose { Secret("\(publicURL.origin)/sign-in/\($0)") }
    return try .created(SignInLink(url: WireSecret(url), expiresAt: created.expiresAt))
  }
}
