import Hummingbird
import Model
import ServiceKit

/// The console's first page: who is signed in here.
struct ConsoleRoutes: Sendable {
  let people: PersonReader
  let responder: PageResponder

  func add(to router: ServiceRouter) { router.get("/console", use: responder.page(home)) }

  @Sendable private func home(_ request: Request, _ context: AppRequestContext) async throws -> Response {
    guard let person = try await people.person(request) else { throw SignInRequired(returningTo: .console) }
    let browser = responder.forms.browser(of: request)
    let page = ConsolePage(
      person: ShownPerson(person.caller), csrfToken: browser.csrfToken(for: SignOutForm.name))
    var response = responder.html(try responder.pages.console(page), headers: responder.headers.form)
    responder.forms.setCookie(browser, on: &response)
    return response
  }
}

/// What it shows.
struct ConsolePage: Sendable {
  var person: ShownPerson
  var csrfToken: String
}
