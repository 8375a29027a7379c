import Hummingbird
import Model
import ServiceKit

/// The member's own page: which accounts are connected, for what, what was done with them, and how to end it.
struct ConnectionPages: Sendable {
  /// Uses that are shown at once: what fits on a page that people read.
  private static let usesShown = 20

  let gate: ConsoleGate
  let own: OwnConnections
  let consents: ConsentDescriber
  let responder: PageResponder

  func add(to router: ServiceRouter) {
    router.get("/console/connections", use: responder.page(list))
    router.get("/console/connections/{id}", use: responder.page(show))
    for wish in OwnConnections.Wish.allCases {
      router.post(
        "/console/connections/{id}/\(wish.rawValue)", use: responder.page { try await perform(wish, $0, $1) })
    }
  }

  @Sendable private func list(_ request: Request, _ context: AppRequestContext) async throws -> Response {
    let person = try await gate.person(request, returningTo: .connections)
    let page = try await own.list(PageRequest(cursor: request.cursor), for: person)
    let html = try responder.pages.connections(ConnectionsPage(page, of: person.caller))
    return responder.html(html, headers: responder.headers.form)
  }

  @Sendable private func show(_ request: Request, _ context: AppRequestContext) async throws -> Response {
    let id = try Self.id(context)
    let person = try await gate.person(request, returningTo: .connection(id))
    let connection = try await own.show(id, for: person)
    let uses = try await own.uses(
      of: id, PageRequest(limit: Self.usesShown, cursor: request.cursor), for: person)
    let browser = responder.forms.browser(of: request)
    let page = ConnectionPage(
      connection, scopes: consents.scopes(connection.scopes, of: connection.provider), uses: uses,
      csrfToken: browser.csrfToken(for: Self.form(id)))
    var response = responder.html(try responder.pages.connection(page), headers: responder.headers.form)
    responder.forms.setCookie(browser, on: &response)
    return response
  }

  @Sendable private func perform(
    _ wish: OwnConnections.Wish, _ request: Request, _ context: AppRequestContext
  ) async throws -> Response {
    let id = try Self.id(context)
    let person = try await gate.person(request, returningTo: .connection(id))
    _ = try await responder.forms.read(request, context, for: Self.form(id))
    return responder.redirect(to: try await own.perform(wish, on: id, for: person))
  }

  /// What the forms' token is made for: this Connection and no other.
  private static func form(_ id: ConnectionID) -> String { "connection|\(id.rawValue)" }

  private static func id(_ context: AppRequestContext) throws -> ConnectionID {
    guard let id = context.parameters.get("id").flatMap({ ConnectionID(validating: $0) }) else {
      throw ServiceError(.connectionNotFound, "There is no such connection among yours.")
    }
    return id
  }
}
