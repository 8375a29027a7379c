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
  let forms: ConsoleForms

  func add(to router: ServiceRouter) {
    let page = forms.responder.page
    router.get("/console/connections", use: page(list))
    router.get("/console/connections/{id}", use: page(show))
    for wish in OwnConnections.Wish.allCases {
      router.post("/console/connections/{id}/\(wish.rawValue)", use: page { try await perform(wish, $0, $1) })
    }
  }

  @Sendable private func list(_ request: Request, _ context: AppRequestContext) async throws -> Response {
    let person = try await gate.person(request, returningTo: .connections)
    let page = try await own.list(PageRequest(cursor: request.cursor), for: person)
    let html = try forms.responder.pages.connections(ConnectionsPage(page, of: person.caller))
    return forms.responder.html(html, headers: forms.responder.headers.form)
  }

  @Sendable private func show(_ request: Request, _ context: AppRequestContext) async throws -> Response {
    let id = try ConnectionID(of: context)
    let person = try await gate.person(request, returningTo: .connection(id))
    let connection = try await own.show(id, for: person)
    let uses = try await own.uses(
      of: id, PageRequest(limit: Self.usesShown, cursor: request.cursor), for: person)
    return try forms.page(request, Self.form(id)) {
      try forms.responder.pages.connection(
        ConnectionPage(
          connection, scopes: consents.scopes(connection.scopes, of: connection.provider), uses: uses,
          at: request.cursor, csrfToken: $0))
    }
  }

  @Sendable private func perform(
    _ wish: OwnConnections.Wish, _ request: Request, _ context: AppRequestContext
  ) async throws -> Response {
    let id = try ConnectionID(of: context)
    let person = try await gate.person(request, returningTo: .connection(id))
    _ = try await forms.read(request, context, Self.form(id))
    let next = try await own.perform(wish, on: id, for: person)
    return forms.responder.redirect(to: next == .connection(id) ? next.at(request.cursor) : next)
  }

  /// What the forms' token is made for: this Connection and no other.
  private static func form(_ id: ConnectionID) -> String { "connection|\(id.rawValue)" }
}
