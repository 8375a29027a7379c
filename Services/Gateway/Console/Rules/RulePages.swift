import Hummingbird
import Model
import ServiceKit

/// The owner's pages about access rules: what there is in plain words, and a form whose rule is looked at before it is saved.
struct RulePages: Sendable {
  let peers: PeerClients
  let directories: ConsoleDirectoryReader
  let previews: RulePreviews
  let gate: ConsoleGate
  let forms: ConsoleForms

  private var pages: PageRenderer { forms.responder.pages }

  func add(to router: ServiceRouter) {
    let page = forms.responder.page
    router.get("/console/rules", use: page(list))
    router.post("/console/rules", use: page { try await save(nil, $0, $1) })
    router.get("/console/rules/new", use: page(new))
    router.post("/console/rules/preview", use: page { try await preview(nil, $0, $1) })
    router.get("/console/rules/{id}", use: page(show))
    router.post("/console/rules/{id}", use: page { try await save(RuleID(of: $1), $0, $1) })
    router.post("/console/rules/{id}/preview", use: page { try await preview(RuleID(of: $1), $0, $1) })
    router.get("/console/rules/{id}/watched", use: page(watched))
    router.get("/console/rules/{id}/delete", use: page(askToDelete))
    router.post("/console/rules/{id}/delete", use: page(delete))
  }

  @Sendable private func list(_ request: Request, _ context: AppRequestContext) async throws -> Response {
    let person = try await gate.administrator(request, returningTo: .rules)
    async let directory = directories.read(for: person)
    async let organization = peers.call(OrganizationEndpoints.show, person.asking(Empty()))
    let page = try await peers.call(RuleEndpoints.list, person.asking(PageRequest(cursor: request.cursor)))
    let html = try pages.rules(RulesPage(page, try await directory, silence: try await organization.defaultEffect))
    return forms.responder.html(html, headers: forms.responder.headers.form)
  }

  @Sendable private func new(_ request: Request, _ context: AppRequestContext) async throws -> Response {
    let person = try await gate.administrator(request, returningTo: .newRule)
    return try await form(RuleForm(), of: nil, nil, request, for: person)
  }

  @Sendable private func show(_ request: Request, _ context: AppRequestContext) async throws -> Response {
    let id = try RuleID(of: context)
    let person = try await gate.administrator(request, returningTo: .rule(id))
    return try await page(id, request, for: person)
  }

  /// What the rule would mean. Asked to be changed once more, it goes back into the form.
  private func preview(
    _ id: RuleID?, _ request: Request, _ context: AppRequestContext
  ) async throws -> Response {
    let person = try await gate.administrator(request, returningTo: id.map(LocalPath.rule) ?? .newRule)
    let (_, fields) = try await forms.responder.forms.read(request, context, for: Self.form(id))
    let directory = try await directories.read(for: person)
    let version = fields.filled(RuleSubmission.versionField)
    do {
      let draft = try RuleSubmission.draft(fields) ?? RuleForm(fields).draft(directory)
      guard fields["change"] == nil else {
        return try await form(RuleForm(draft, directory), of: id, version, request, for: person)
      }
      let submission = RuleSubmission(change: id.map { .replace($0) } ?? .create, draft: draft, version: version)
      return try await previews.page(
        submission, Self.form(id), directory, cursor: fields.filled("cursor"), request, for: person)
    } catch {
      guard let refusal = ConsoleForms.Refusal(error) else { throw error }
      let filled = try RuleSubmission.draft(fields).map { RuleForm($0, directory) } ?? RuleForm(fields)
      return try await form(filled, of: id, version, request, for: person, refusal)
    }
  }

  private func save(_ id: RuleID?, _ request: Request, _ context: AppRequestContext) async throws -> Response {
    let person = try await gate.administrator(request, returningTo: id.map(LocalPath.rule) ?? .newRule)
    return try await forms.submit(request, context, Self.form(id)) { fields in
      guard let draft = try RuleSubmission.draft(fields) else { throw RuleSubmission.incomplete }
      guard let id else {
        return .rule(try await peers.call(RuleEndpoints.create, person.asking(draft)).id)
      }
      let stored = try await peers.call(RuleEndpoints.show, person.asking(Reference(id: id)))
      guard fields[RuleSubmission.versionField] == RuleSubmission.version(of: stored) else {
        throw ServiceError(.conflict, "Somebody has changed the rule meanwhile. Load its page again.")
      }
      _ = try await peers.call(RuleEndpoints.replace, person.asking(Targeted(id, draft)))
      return .rule(id)
    } refused: { fields, refusal in
      guard let draft = try RuleSubmission.draft(fields) else { throw RuleSubmission.incomplete }
      let filled = RuleForm(draft, try await directories.read(for: person))
      return try await form(
        filled, of: id, fields.filled(RuleSubmission.versionField), request, for: person, refusal)
    }
  }

  /// What a rule that only watches would have refused and allowed.
  @Sendable private func watched(_ request: Request, _ context: AppRequestContext) async throws -> Response {
    let id = try RuleID(of: context)
    let person = try await gate.administrator(request, returningTo: .rule(id))
    let rule = try await peers.call(RuleEndpoints.show, person.asking(Reference(id: id)))
    guard rule.draft.mode == .shadow else { return forms.responder.redirect(to: .rule(id)) }
    return try await previews.page(
      .enforcing(rule), Self.form(id), try await directories.read(for: person), cursor: request.cursor, request,
      for: person)
  }

  @Sendable private func askToDelete(_ request: Request, _ context: AppRequestContext) async throws -> Response {
    let id = try RuleID(of: context)
    let person = try await gate.administrator(request, returningTo: .rule(id))
    let rule = try await peers.call(RuleEndpoints.show, person.asking(Reference(id: id)))
    return try await previews.page(
      .deleting(rule), Self.form(id), try await directories.read(for: person), cursor: request.cursor, request,
      for: person)
  }

  @Sendable private func delete(_ request: Request, _ context: AppRequestContext) async throws -> Response {
    let id = try RuleID(of: context)
    let person = try await gate.administrator(request, returningTo: .rule(id))
    return try await forms.submit(request, context, Self.form(id)) { _ in
      _ = try await peers.call(RuleEndpoints.delete, person.asking(Reference(id: id)))
      return .rules
    } refused: { _, refusal in
      try await page(id, request, for: person, refusal)
    }
  }

  private func page(
    _ id: RuleID, _ request: Request, for person: CallerIdentity, _ refusal: ConsoleForms.Refusal? = nil
  ) async throws -> Response {
    let rule = try await peers.call(RuleEndpoints.show, person.asking(Reference(id: id)))
    let directory = try await directories.read(for: person)
    return try forms.page(request, Self.form(id), status: refusal?.status ?? .ok) {
      try pages.rule(
        RuleFormPage(
          rule, directory, problem: refusal?.message, csrfToken: $0))
    }
  }

  private func form(
    _ form: RuleForm, of id: RuleID?, _ version: String?, _ request: Request, for person: CallerIdentity,
    _ refusal: ConsoleForms.Refusal? = nil
  ) async throws -> Response {
    let directory = try await directories.read(for: person)
    return try forms.page(request, Self.form(id), status: refusal?.status ?? .ok) {
      try pages.rule(
        RuleFormPage(form, of: id, version, directory, problem: refusal?.message, csrfToken: $0))
    }
  }

  /// What the token of its forms is made for: this one and no other, or a new one.
  private static func form(_ id: RuleID?) -> String { id.map { "rule|\($0.rawValue)" } ?? "rule-new" }
}
