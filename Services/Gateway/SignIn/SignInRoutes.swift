import Foundation
import HTTPTypes
import Hummingbird
import Model
import ServiceKit

/// Signing in by a one-time link, and signing out.
struct SignInRoutes: Sendable {
  /// The prefix and 32 random bytes as base64url.
  private static let tokenLength = 47

  let peers: PeerClients
  let sessions: BrowserSessions
  let responder: PageResponder
  let callerAddress: CallerAddress
  /// Links that do not work, by network address: each costs the policy service a look into its database.
  let refusals: RateLimiter<String>

  private var forms: BrowserForms { responder.forms }
  private var isSecure: Bool { sessions.people.isSecure }

  func add(to router: ServiceRouter) {
    router.get("/sign-in/{token}", use: responder.page(show))
    router.post("/sign-in/{token}", use: responder.page(signIn))
    router.post("/sign-out", use: responder.page(signOut))
  }

  /// Spends nothing: mail programs and chats fetch links to look at them.
  @Sendable private func show(_ request: Request, _ context: AppRequestContext) async throws -> Response {
    let (token, facts) = try await link(request, context)
    let path = Self.path(of: token)
    _ = try await replaced(by: facts, request, returningTo: path)
    let browser = forms.browser(of: request)
    let next = Self.next(request) ?? ReturnCookie.path(of: request, isSecure: isSecure) ?? .console
    let page = SignInPage(
      facts, action: path?.text ?? "", csrfToken: browser.csrfToken(for: Self.form(token)), next: next)
    var response = responder.html(try responder.pages.signIn(page), headers: responder.headers.form)
    forms.setCookie(browser, on: &response)
    return response
  }

  @Sendable private func signIn(_ request: Request, _ context: AppRequestContext) async throws -> Response {
    let (token, facts) = try await link(request, context)
    let (_, fields) = try await forms.read(request, context, for: Self.form(token))
    let replaced = try await replaced(by: facts, request, returningTo: Self.path(of: token))
    let session = try await peers.call(
      BrowserSessionEndpoints.signIn,
      SpendSignInLink(
        credential: CredentialDigest(of: token).onTheWire, replaces: replaced?.person.credential.onTheWire))
    var response = responder.redirect(to: fields["next"].flatMap(LocalPath.init) ?? .console)
    try await sessions.begin(session, in: facts.organizationId, request, on: &response)
    response.headers.append(HTTPField(name: .setCookie, value: ReturnCookie.clearing(isSecure: isSecure)))
    return response
  }

  @Sendable private func signOut(_ request: Request, _ context: AppRequestContext) async throws -> Response {
    let (_, fields) = try await forms.read(request, context, for: SignOutForm.name)
    var response = responder.redirect(to: fields["next"].flatMap(LocalPath.init) ?? .signIn)
    try await sessions.end(request, on: &response)
    return response
  }

  /// The browser's session in the link's organization. In other organizations people may be whoever they are.
  ///
  /// - Throws: ``OtherPersonSignedIn``.
  private func replaced(
    by facts: SignInLinkFacts, _ request: Request, returningTo path: LocalPath?
  ) async throws -> BrowserSessions.Kept? {
    let kept = try await sessions.session(in: facts.organizationId, request)
    if let kept, !facts.isFor(kept.person.caller) {
      throw OtherPersonSignedIn(caller: kept.person.caller, returningTo: path)
    }
    return kept
  }

  /// The link in the path and whom it signs in.
  ///
  /// - Throws: `not_found` for one that does not work, `rate_limited` after too many of those from one address.
  private func link(
    _ request: Request, _ context: AppRequestContext
  ) async throws -> (token: Secret<String>, facts: SignInLinkFacts) {
    let address = callerAddress.text(request, context)
    try refusals.require(address)
    do {
      guard let text = context.parameters.get("token"), text.utf8.count == Self.tokenLength else {
        throw ServiceError(.notFound, "The link is not complete. Copy all of it, or ask for a new one.")
      }
      let token = Secret(text)
      let facts = try await peers.call(
        BrowserSessionEndpoints.showLink,
        PresentedCredential(credential: CredentialDigest(of: token).onTheWire))
      return (token, facts)
    } catch let error as ServiceError where error.code == .notFound {
      try refusals.take(address)
      throw error
    }
  }

  private static func path(of token: Secret<String>) -> LocalPath? { token.expose { LocalPath("/sign-in/\($0)") } }

  /// What the form's token is made for: this link and no other.
  private static func form(_ token: Secret<String>) -> String { token.expose { "sign-in|\($0)" } }

  private static func next(_ request: Request) -> LocalPath? {
    request.uri.queryParameters["next"].flatMap { LocalPath(String($0)) }
  }
}

extension SignInLinkFacts {
  func isFor(_ caller: Caller) -> Bool { caller.organizationId == organizationId && caller.user?.id == user.id }
}
