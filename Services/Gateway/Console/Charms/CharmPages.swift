import Foundation
import Hummingbird
import Model
import ServiceKit

/// The owner's pages about Charms: which MCP servers each has, narrowed to which tools.
struct CharmPages: Sendable {
  /// What the form's token of a new one is made for.
  private static let newForm = "charm-new"

  let peers: PeerClients
  let directories: ConsoleDirectoryReader
  let gate: ConsoleGate
  let forms: ConsoleForms

  private var pages: PageRenderer { forms.responder.pages }

  func add(to router: ServiceRouter) {
    let page = forms.responder.page
    router.get("/console/charms", use: page(list))
    router.post("/console/charms", use: page(create))
    router.get("/console/charms/{id}", use: page(show))
    router.post("/console/charms/{id}", use: page(update))
    router.get("/console/charms/{id}/delete", use: page(askToDelete))
    router.post("/console/charms/{id}/delete", use: page(delete))
  }

  @Sendable private func list(_ request: Request, _ context: AppRequestContext) async throws -> Response {
    let person = try await gate.administrator(request, returningTo: .charms)
    return try await list(request, for: person)
  }

  /// A new one has no servers: they are chosen on its page.
  @Sendable private func create(_ request: Request, _ context: AppRequestContext) async throws -> Response {
    let person = try await gate.administrator(request, returningTo: .charms)
    return try await forms.submit(request, context, Self.newForm) { fields in
      guard let name = fields.filled("name") else { throw ServiceError(.invalidRequest, "Fill in a name.") }
      let wish = CreateCharm(id: fields.filled("id"), name: name, mcpServers: [])
      return .charm(try await peers.call(CharmEndpoints.create, person.asking(wish)).id)
    } refused: { fields, refusal in
      try await list(request, for: person, fields, refusal)
    }
  }

  @Sendable private func show(_ request: Request, _ context: AppRequestContext) async throws -> Response {
    let id = try context.freeId()
    let person = try await gate.administrator(request, returningTo: .charm(id))
    let charm = try await peers.call(CharmEndpoints.show, person.asking(TargetedCharm(id: id)))
    return try await page(id, CharmForm(charm), request, for: person)
  }

  @Sendable private func update(_ request: Request, _ context: AppRequestContext) async throws -> Response {
    let id = try context.freeId()
    let person = try await gate.administrator(request, returningTo: .charm(id))
    return try await forms.submit(request, context, Self.form(id)) { fields in
      async let directory = directories.read(for: person)
      let stored = try await peers.call(CharmEndpoints.show, person.asking(TargetedCharm(id: id)))
      let update = try CharmForm(fields).update(of: stored, try await directory)
      _ = try await peers.call(CharmEndpoints.update, person.asking(TargetedCharm(id: id, update: update)))
      return .charm(id)
    } refused: { fields, refusal in
      try await page(id, CharmForm(fields), request, for: person, refusal)
    }
  }

  @Sendable private func askToDelete(_ request: Request, _ context: AppRequestContext) async throws -> Response {
    let id = try context.freeId()
    let person = try await gate.administrator(request, returningTo: .charm(id))
    let charm = try await peers.call(CharmEndpoints.show, person.asking(TargetedCharm(id: id)))
    let impact = try await peers.call(
      ImpactEndpoints.show, person.asking(ProposedChange.deleteCharm(TargetedCharm(id: id))))
    return try forms.page(request, Self.form(id)) {
      try pages.removal(
        RemovalPage(
          ConsoleText.line(charm.name), at: .charm(id), impact,
          consequence: "Sessions that name it reach nothing any more. This cannot be undone.", csrfToken: $0))
    }
  }

  @Sendable private func delete(_ request: Request, _ context: AppRequestContext) async throws -> Response {
    let id = try context.freeId()
    let person = try await gate.administrator(request, returningTo: .charm(id))
    return try await forms.submit(request, context, Self.form(id)) { _ in
      _ = try await peers.call(CharmEndpoints.delete, person.asking(TargetedCharm(id: id)))
      return .charms
    } refused: { _, refusal in
      try await list(request, for: person, nil, refusal)
    }
  }

  private func list(
    _ request: Request, for person: CallerIdentity, _ fields: FormFields? = nil, _ refusal: ConsoleForms.Refusal? = nil
  ) async throws -> Response {
    let directory = try await directories.read(for: person)
    let page = try await peers.call(CharmEndpoints.list, person.asking(PageRequest(cursor: request.cursor)))
    return try forms.page(request, Self.newForm, status: refusal?.status ?? .ok) {
      try pages.charms(CharmsPage(page, directory, fields, problem: refusal?.message, csrfToken: $0))
    }
  }

  private func page(
    _ id: String, _ form: CharmForm, _ request: Request, for person: CallerIdentity,
    _ refusal: ConsoleForms.Refusal? = nil
  ) async throws -> Response {
    let directory = try await directories.read(for: person)
    return try forms.page(request, Self.form(id), status: refusal?.status ?? .ok) {
      try pages.charm(CharmPage(id, form, directory, problem: refusal?.message, csrfToken: $0))
    }
  }

  /// What the token of its forms is made for: this one and no other.
  private static func form(_ id: String) -> String { "charm|\(id)" }
}

extension AppRequestContext {
  /// A host platform's own id in a page's address.
  ///
  /// - Throws: `not_found` for what is none.
  func freeId() throws -> String {
    guard let id = parameters.get("id")?.removingPercentEncoding, !id.isEmpty else {
      throw ServiceError(.notFound, "There is nothing at this address.")
    }
    return id
  }
}
