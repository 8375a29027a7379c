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
  let people: PersonReader
  let responder: PageResponder
  let callerAddress: CallerAddress
  /// Links that do not work, by network address: each costs the policy service a look into its database.
  let refusals: RateLimiter<String>

  private var forms: BrowserForms { responder.forms }
  private var isSecure: Bool { people.isSecure }

  func add(to router: ServiceRouter) {
    router.get("/sign-in", use: responder.page(explain))
    router.get("/sign-in/{token}", use: responder.page(show))
    router.post("/sign-in/{token}", use: responder.page(signIn))
    router.post("/sign-out", use: responder.page(signOut))
  }

  @Sendable private func explain(_ request: Request, _ context: AppRequestContext) async throws -> Response {
    try responder.signInFirst(SignInRequired(returningTo: Self.next(request)), status: .ok)
  }

  /// Spends nothing: mail programs and chats fetch links to look at them.
  @Sendable private func show(_ request: Request, _ context: AppRequestContext) async throws -> Response {
    let (token, facts) = try await link(request, context)
    let path = Self.path(of: token)
    if let person = try await people.person(request), !facts.isFor(person.caller) {
      throw OtherPersonSignedIn(caller: person.caller, returningTo: path)
    }
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
    let person = try await people.person(request)
    if let person, !facts.isFor(person.caller) {
      throw OtherPersonSignedIn(caller: person.caller, returningTo: Self.path(of: token))
    }
    let session = try await peers.call(
      BrowserSessionEndpoints.signIn,
      SpendSignInLink(
        credential: CredentialDigest(of: token).onTheWire, replaces: person?.credential.onTheWire))
    var response = responder.redirect(to: fields["next"].flatMap(LocalPath.init) ?? .console)
    response.headers.append(
      HTTPField(name: .setCookie, value: PersonCookie.signIn.setting(session, isSecure: isSecure)))
    response.headers.append(HTTPField(name: .setCookie, value: ReturnCookie.clearing(isSecure: isSecure)))
    return response
  }

  @Sendable private func signOut(_ request: Request, _ context: AppRequestContext) async throws -> Response {
    let (_, fields) = try await forms.read(request, context, for: SignOutForm.name)
    var response = responder.redirect(to: fields["next"].flatMap(LocalPath.init) ?? .signIn)
    for cookie in [PersonCookie.signIn, .connect] {
      if let token = cookie.token(of: request, isSecure: isSecure) {
        _ = try await peers.call(
          BrowserSessionEndpoints.end, PresentedCredential(credential: CredentialDigest(of: token).onTheWire))
      }
      response.headers.append(HTTPField(name: .setCookie, value: cookie.clearing(isSecure: isSecure)))
    }
    return response
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
