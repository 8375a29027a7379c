import HTTPTypes
import Hummingbird

/// The authorization endpoint and its two pages.
struct AuthorizeRoutes: Sendable {
  let flow: AuthorizationFlow
  let documents: ClientDocuments
  let browsers: BrowserCookie
  let pages: Pages

  func add(to group: RouterGroup<SandboxContext>) {
    group.get("authorize", use: begin)
    group.post("authorize", use: begin)
  }

  /// The forms of the pages. Not counted as authorization requests.
  func addPages(to group: RouterGroup<SandboxContext>) {
    group.get("authorize/continue", use: resume)
    group.post("authorize/account", use: choose)
    group.post("authorize/consent", use: decide)
  }

  @Sendable func begin(_ request: Request, _ context: SandboxContext) async throws -> Response {
    await documents.load(for: context.form)
    let browser = browsers.read(request) ?? browsers.make()
    return try browsers.keep(browser, in: show(try flow.begin(context.form, browser: browser.fingerprint)))
  }

  @Sendable func resume(_ request: Request, _ context: SandboxContext) throws -> Response {
    let journey = try journey(request, context)
    if context.form["switch"] != nil { return try show(.chooseAccount(journey)) }
    return try show(try flow.screen(for: journey))
  }

  @Sendable func choose(_ request: Request, _ context: SandboxContext) throws -> Response {
    let journey = try journey(request, context)
    guard let person = Person.find(try context.form.required("person")) else {
      throw OAuthError(.invalidRequest, "There is no such person here.")
    }
    flow.journeys.choose(person, in: journey)
    return .seeOther("/authorize/continue?journey=\(journey.id)")
  }

  @Sendable func decide(_ request: Request, _ context: SandboxContext) throws -> Response {
    let journey = try journey(request, context)
    guard context.form["decision"] == "approve" else {
      return .seeOther(flow.refuse(AuthorizationFlow.denied, in: journey))
    }
    guard case .askConsent(_, let person) = try flow.screen(for: journey) else { throw AuthorizationFlow.gone }
    let ticked = Set(context.form.all("granted").compactMap(Scope.init(rawValue:)))
    return .seeOther(try flow.approve(journey.request.granted(ticked), as: person, in: journey))
  }

  private func journey(_ request: Request, _ context: SandboxContext) throws(OAuthError) -> Journey {
    guard let browser = browsers.read(request), let id = context.form["journey"],
      let journey = flow.journeys.journey(id, browser: browser.fingerprint)
    else { throw AuthorizationFlow.gone }
    return journey
  }

  private func show(_ screen: AuthorizationFlow.Screen) throws -> Response {
    switch screen {
    case .chooseAccount(let journey): try pages.account(journey, signedIn: flow.journeys.signedIn(journey.browser))
    case .askConsent(let journey, let person): try pages.consent(journey, person)
    case .leave(let location): .seeOther(location)
    }
  }

  /// The answer to a request that is refused: for the client where it can be told, else a page for the person.
  @Sendable func answer(to error: any Error) throws -> Response? {
    switch error as? AuthorizationRefusal {
    case .page(let text): try pages.refusal(text)
    case .redirect(let error, let address): .seeOther(flow.answers.refusal(error, to: address))
    case nil: try (error as? OAuthError).map { try pages.refusal($0.message) }
    }
  }
}
