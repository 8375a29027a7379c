import Foundation
import HTTPTypes
import Hummingbird
import Model
import ServiceKit

/// The connect page in the popup, and the provider's way back.
struct ConnectRoutes: Sendable {
  let journey: ConnectJourney
  let gate: ConnectGate
  let responder: PageResponder
  let consents: ConsentDescriber
  let callerAddress: CallerAddress
  /// Returns from providers, by network address.
  let callbacks: RateLimiter<String>

  private var forms: BrowserForms { responder.forms }

  func add(to router: ServiceRouter) {
    router.get("/connect/{id}", use: responder.page(show))
    router.post("/connect/{id}/continue", use: responder.page(proceed))
    router.post("/connect/{id}/cancel", use: responder.page(cancel))
    router.get("/oauth/callback", use: responder.page(callback))
    router.get("/oauth/callback/{key}", use: responder.page(callback))
  }

  @Sendable private func show(_ request: Request, _ context: AppRequestContext) async throws -> Response {
    let facts = try await journey.facts(try FlowID(of: context))
    try await gate.admit(request, to: facts)
    guard facts.status.status == .pending else { return try responder.outcome(OutcomePage(facts)) }
    let browser = forms.browser(of: request)
    let page = ConnectPage(
      facts, consent: consents.consent(for: facts.request), csrfToken: browser.csrfToken(for: facts.id))
    var response = responder.html(try responder.pages.connect(page), headers: responder.headers.form)
    forms.setCookie(browser, on: &response)
    return response
  }

  @Sendable private func proceed(_ request: Request, _ context: AppRequestContext) async throws -> Response {
    let (id, browser) = try await pressedButton(request, context)
    let target = try await journey.start(id, in: browser)
    // 303: whatever was posted here is not posted there (RFC 9700 section 4.12).
    var response = target.expose { Response(status: .seeOther, headers: responder.headers.redirect(to: $0)) }
    forms.setCookie(browser, on: &response)
    return response
  }

  @Sendable private func cancel(_ request: Request, _ context: AppRequestContext) async throws -> Response {
    let (id, _) = try await pressedButton(request, context)
    try await journey.cancel(id)
    return responder.redirect(to: .connectPage(id))
  }

  @Sendable private func callback(_ request: Request, _ context: AppRequestContext) async throws -> Response {
    // A HEAD must change nothing, and this spends the state.
    guard request.method == .get else { throw ServiceError(.methodNotAllowed, "Use GET here.") }
    try callbacks.take(callerAddress.text(request, context))
    guard let browser = forms.known(request) else {
      throw ServiceError(
        .invalidState, "This browser did not begin this. Go back to the application and connect again.")
    }
    var answer = try AuthorizationResponse.read(request, redirectKey: context.parameters.get("key"), browser)
    let caller = try await gate.caller(request)
    answer.person = caller.flatMap(FlowPerson.init)
    do {
      let facts = try await journey.finish(answer)
      // The code leaves the address bar at once.
      return responder.redirect(to: .connectPage(facts.id))
    } catch let error as ServiceError where error.code == .forbidden {
      guard let caller else { throw error }
      throw OtherPersonSignedIn(caller: caller, returningTo: nil)
    }
  }

  /// A form of the connect page, sent by the flow's own person.
  private func pressedButton(
    _ request: Request, _ context: AppRequestContext
  ) async throws -> (FlowID, BrowserBinding) {
    let id = try FlowID(of: context)
    let (browser, _) = try await forms.read(request, context, for: id.rawValue)
    try await gate.admit(request, to: try await journey.facts(id))
    return (id, browser)
  }
}

extension FlowPerson {
  /// Returns nil for a caller who is no person.
  init?(_ caller: Caller) {
    guard let user = caller.user else { return nil }
    self.init(organizationId: caller.organizationId, userId: user.id)
  }
}
