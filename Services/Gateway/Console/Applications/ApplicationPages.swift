import Hummingbird
import Model
import ServiceKit

/// The owner's page about Applications: which may act for members, and which hold tokens themselves.
struct ApplicationPages: Sendable {
  /// What the forms' token is made for.
  private static let form = "applications"

  let peers: PeerClients
  let gate: ConsoleGate
  let forms: ConsoleForms

  func add(to router: ServiceRouter) {
    let page = forms.responder.page
    router.get("/console/applications", use: page(list))
    router.post("/console/applications/{id}", use: page(change))
  }

  @Sendable private func list(_ request: Request, _ context: AppRequestContext) async throws -> Response {
    let person = try await gate.administrator(request, returningTo: .applications)
    return try await page(request, for: person)
  }

  @Sendable private func change(_ request: Request, _ context: AppRequestContext) async throws -> Response {
    let id = try context.freeId()
    let person = try await gate.administrator(request, returningTo: .applications)
    return try await forms.submit(request, context, Self.form) { fields in
      let target = TargetedApplication(id: id, update: try UpdateApplication(fields))
      _ = try await peers.call(ApplicationEndpoints.update, person.asking(target))
      return .applications.at(request.cursor)
    } refused: { _, refusal in
      try await page(request, for: person, refusal)
    }
  }

  private func page(
    _ request: Request, for person: CallerIdentity, _ refusal: ConsoleForms.Refusal? = nil
  ) async throws -> Response {
    let page = try await peers.call(ApplicationEndpoints.list, person.asking(PageRequest(cursor: request.cursor)))
    return try forms.page(request, Self.form, status: refusal?.status ?? .ok) {
      try forms.responder.pages.applications(
        ApplicationsPage(page, at: request.cursor, problem: refusal?.message, csrfToken: $0))
    }
  }
}
