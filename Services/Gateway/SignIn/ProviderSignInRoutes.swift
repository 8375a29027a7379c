import Foundation
import HTTPTypes
import Hummingbird
import Model
import ServiceKit

/// Signing in with the organization's identity provider (OpenID Connect Core section 3.1), and finding it.
struct ProviderSignInRoutes: Sendable {
  let peers: PeerClients
  let sessions: BrowserSessions
  let responder: PageResponder
  let callerAddress: CallerAddress
  /// Questions and trips, by network address: each costs the policy service a look into its database.
  let trips: RateLimiter<String>

  private var forms: BrowserForms { responder.forms }
  private var isSecure: Bool { forms.publicURL.isSecure }

  func add(to router: ServiceRouter) {
    router.get("/sign-in", use: responder.page(ask))
    router.post("/sign-in", use: responder.page(begin))
    router.get("/sign-in/callback/{organization}", use: responder.page(finish))
  }

  /// With an organization: where it signs people in. Without: how to sign in at all.
  @Sendable private func ask(_ request: Request, _ context: AppRequestContext) async throws -> Response {
    let query = request.uri.queryParameters
    let next = query["next"].flatMap { LocalPath(String($0)) }
    guard let text = query["organization"] else {
      let isSignedIn = try await sessions.people.person(request) != nil
      return try responder.signInFirst(
        SignInRequired(returningTo: next), request, status: .ok, isSignedIn: isSignedIn)
    }
    try trips.take(callerAddress.text(request, context))
    let facts = try await find(FindSignIn(organizationId: OrganizationID(validating: String(text))))
    let browser = forms.browser(of: request)
    let page = ProviderSignInPage(
      facts, isStepUp: query["stepUp"].map { String($0) } == "true", csrfToken: browser.csrfToken(for: SignInForm.name))
    var response = responder.html(try responder.pages.providerSignIn(page), headers: responder.headers.form)
    forms.setCookie(browser, on: &response)
    if let next {
      response.headers.append(HTTPField(name: .setCookie, value: ReturnCookie.setting(next, isSecure: isSecure)))
    }
    return response
  }

  /// Of an address, to the page of its organization; of an organization, to its identity provider.
  @Sendable private func begin(_ request: Request, _ context: AppRequestContext) async throws -> Response {
    let (browser, fields) = try await forms.read(request, context, for: SignInForm.name)
    try trips.take(callerAddress.text(request, context))
    guard let organization = fields["organization"].flatMap(OrganizationID.init(validating:)) else {
      let facts = try await find(FindSignIn(emailDomain: Self.domain(of: fields["email"] ?? "")))
      return responder.redirect(to: .signIn(to: facts.organizationId))
    }
    let trip = SignInTrip(in: browser)
    let started = try await peers.call(
      SignInEndpoints.start,
      StartSignIn(
        organizationId: organization, state: WireSecret(trip.state), browserHash: trip.browserHash,
        nonce: WireSecret(trip.nonce), codeChallenge: trip.codeChallenge, isStepUp: fields["stepUp"] == "true"))
    var response = started.authorizationUrl.secret.expose {
      // 303: whatever was posted here is not posted there (RFC 9700 section 4.12).
      Response(status: .seeOther, headers: responder.headers.redirect(to: $0))
    }
    forms.setCookie(browser, on: &response)
    return response
  }

  @Sendable private func finish(_ request: Request, _ context: AppRequestContext) async throws -> Response {
    // A HEAD must change nothing, and this spends the state.
    guard request.method == .get else { throw ServiceError(.methodNotAllowed, "Use GET here.") }
    try trips.take(callerAddress.text(request, context))
    let text = context.parameters.get("organization")
    guard let organization = text.flatMap(OrganizationID.init(validating:)), let browser = forms.known(request) else {
      throw ServiceError(.invalidState, "This browser did not begin this sign-in. Sign in again.")
    }
    let answer = try AuthorizationResponse.read(request, redirectKey: nil, browser)
    let trip = SignInTrip(state: answer.state.secret, in: browser)
    let replaced = try await sessions.session(in: organization, request)
    let session = try await peers.call(
      SignInEndpoints.finish,
      FinishSignIn(
        organizationId: organization, state: answer.state, browserHash: trip.browserHash,
        nonce: WireSecret(trip.nonce), codeVerifier: WireSecret(trip.codeVerifier), code: answer.code,
        error: answer.error, issuer: answer.issuer, replaces: replaced?.person.credential.onTheWire))
    var response = responder.redirect(to: ReturnCookie.path(of: request, isSecure: isSecure) ?? .console)
    try await sessions.begin(session, in: organization, request, on: &response)
    response.headers.append(HTTPField(name: .setCookie, value: ReturnCookie.clearing(isSecure: isSecure)))
    return response
  }

  private func find(_ question: FindSignIn) async throws -> SignInFacts {
    guard question.organizationId != nil || question.emailDomain != nil else {
      throw ServiceError(
        .notFound, "No organization signs people in there. Ask for the address of your organization's sign-in page.")
    }
    return try await peers.call(SignInEndpoints.find, question)
  }

  private static func domain(of email: String) -> String? {
    guard let at = email.lastIndex(of: "@") else { return nil }
    let domain = email[email.index(after: at)...].lowercased().filter { !$0.isWhitespace }
    return domain.isEmpty ? nil : domain
  }
}
