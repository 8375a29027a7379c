import Hummingbird
import Model
import ServiceKit

/// The console's first page: who is signed in here, and where else.
struct ConsoleRoutes: Sendable {
  let sessions: BrowserSessions
  let responder: PageResponder

  func add(to router: ServiceRouter) { router.get("/console", use: responder.page(home)) }

  @Sendable private func home(_ request: Request, _ context: AppRequestContext) async throws -> Response {
    guard let person = try await sessions.people.person(request) else { throw SignInRequired(returningTo: .console) }
    let browser = responder.forms.browser(of: request)
    let page = ConsolePage(
      person: ShownPerson(person.caller), mayConfigure: person.caller.role.mayConfigure,
      others: try await sessions.others(request).map {
        ConsolePage.Other(
          organizationId: $0.organizationId.rawValue, person: ShownPerson($0.person.caller),
          switchToken: browser.csrfToken(for: OrganizationSwitchRoutes.form))
      }, csrfToken: browser.csrfToken(for: SignOutForm.name))
    var response = responder.html(try responder.pages.console(page), headers: responder.headers.form)
    responder.forms.setCookie(browser, on: &response)
    return response
  }
}

/// What it shows.
struct ConsolePage: Sendable {
  /// A session in another organization.
  struct Other: Sendable {
    var organizationId: String
    var person: ShownPerson
    var switchToken: String
  }

  var person: ShownPerson
  var others: [Other]
  /// For signing out.
  var csrfToken: String
  var hasOthers: Bool
  /// Whether they may set things up.
  var mayConfigure: Bool

  init(person: ShownPerson, mayConfigure: Bool, others: [Other], csrfToken: String) {
    self.person = person
    self.mayConfigure = mayConfigure
    self.others = others
    self.csrfToken = csrfToken
    hasOthers = !others.isEmpty
  }
}
