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
    return try form(RuleForm(), of: nil, nil, try await directories.read(for: person), request)
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
    let fields = try await forms.read(request, context, Self.form(id))
    let directory = try await directories.read(for: person)
    let version = fields.filled(RuleSubmission.versionField)
    do {
      let draft = try RuleSubmission.draft(fields) ?? RuleForm(fields).draft(directory)
      guard fields["change"] == nil else {
        return try form(draft, of: id, version, directory, request)
      }
      var stored: Rule?
      if let id { stored = try await rule(id, for: person) }
      return try await previews.page(
        .writing(draft, over: stored, version: version), Self.form(id), directory, cursor: fields.filled("cursor"),
        request, for: person)
    } catch {
      guard let refusal = ConsoleForms.Refusal(error) else { throw error }
      guard let draft = try RuleSubmission.draft(fields) else {
        return try form(RuleForm(fields), of: id, version, directory, request, refusal)
      }
      return try form(draft, of: id, version, directory, request, refusal)
    }
  }

  private func save(_ id: RuleID?, _ request: Request, _ context: AppRequestContext) async throws -> Response {
    let person = try await gate.administrator(request, returningTo: id.map(LocalPath.rule) ?? .newRule)
    return try await forms.submit(request, context, Self.form(id)) { fields in
      guard let draft = try RuleSubmission.draft(fields) else { throw RuleSubmission.incomplete }
      guard let id else {
        return .rule(try await peers.call(RuleEndpoints.create, person.asking(draft)).id)
      }
      guard try await isUnchanged(id, fields, for: person) else {
        throw ServiceError(.conflict, "Somebody has changed the rule meanwhile. Load its page again.")
      }
      _ = try await peers.call(RuleEndpoints.replace, person.asking(Targeted(id, draft)))
      return .rule(id)
    } refused: { fields, refusal in
      guard let draft = try RuleSubmission.draft(fields) else { throw RuleSubmission.incomplete }
      return try form(
        draft, of: id, fields.filled(RuleSubmission.versionField), try await directories.read(for: person), request,
        refusal)
    }
  }

  /// What a rule that only watches would have refused and allowed.
  @Sendable private func watched(_ request: Request, _ context: AppRequestContext) async throws -> Response {
    let id = try RuleID(of: context)
    let person = try await gate.administrator(request, returningTo: .rule(id))
    let rule = try await rule(id, for: person)
    guard rule.draft.mode == .shadow else { return forms.responder.redirect(to: .rule(id)) }
    let directory = try await directories.read(for: person)
    do {
      return try await previews.page(
        .enforcing(rule), Self.form(id), directory, cursor: request.cursor, request, for: person)
    } catch {
      // One that names something that is gone cannot decide any more. Its own page is where that is put right.
      guard let refusal = ConsoleForms.Refusal(error) else { throw error }
      return try await page(id, request, for: person, refusal)
    }
  }

  @Sendable private func askToDelete(_ request: Request, _ context: AppRequestContext) async throws -> Response {
    let id = try RuleID(of: context)
    let person = try await gate.administrator(request, returningTo: .rule(id))
    let rule = try await rule(id, for: person)
    return try await previews.page(
      .deleting(rule), Self.form(id), try await directories.read(for: person), cursor: request.cursor, request,
      for: person)
  }

  @Sendable private func delete(_ request: Request, _ context: AppRequestContext) async throws -> Response {
    let id = try RuleID(of: context)
    let person = try await gate.administrator(request, returningTo: .rule(id))
    return try await forms.submit(request, context, Self.form(id)) { fields in
      guard try await isUnchanged(id, fields, for: person) else {
        throw ServiceError(.conflict, "Somebody has changed the rule meanwhile. Look at it before you delete it.")
      }
      _ = try await peers.call(RuleEndpoints.delete, person.asking(Reference(id: id)))
      return .rules
    } refused: { _, refusal in
      try await page(id, request, for: person, refusal)
    }
  }

  private func page(
    _ id: RuleID, _ request: Request, for person: CallerIdentity, _ refusal: ConsoleForms.Refusal? = nil
  ) async throws -> Response {
    let rule = try await rule(id, for: person)
    let directory = try await directories.read(for: person)
    return try forms.page(request, Self.form(id), status: refusal?.status ?? .ok) {
      try pages.rule(
        RuleFormPage(
          rule, directory, problem: refusal?.message, csrfToken: $0))
    }
  }

  /// A rule that comes from a preview: in the form only if that can hold it, for what the form loses would be lost.
  private func form(
    _ draft: RuleDraft, of id: RuleID?, _ version: String?, _ directory: ConsoleDirectory, _ request: Request,
    _ refusal: ConsoleForms.Refusal? = nil
  ) throws -> Response {
    try form(
      RuleForm(draft, directory), mayChange: RuleForm.holds(draft, directory), of: id, version, directory, request,
      refusal)
  }

  private func form(
    _ form: RuleForm, mayChange: Bool = true, of id: RuleID?, _ version: String?, _ directory: ConsoleDirectory,
    _ request: Request, _ refusal: ConsoleForms.Refusal? = nil
  ) throws -> Response {
    try forms.page(request, Self.form(id), status: refusal?.status ?? .ok) {
      try pages.rule(
        RuleFormPage(
          form, mayChange: mayChange, of: id, version, directory, problem: refusal?.message, csrfToken: $0))
    }
  }

  private func rule(_ id: RuleID, for person: CallerIdentity) async throws -> Rule {
    try await peers.call(RuleEndpoints.show, person.asking(Reference(id: id)))
  }

  /// Whether the rule is still what whoever sent the form has seen.
  private func isUnchanged(_ id: RuleID, _ fields: FormFields, for person: CallerIdentity) async throws -> Bool {
    let stored = try await rule(id, for: person)
    return fields[RuleSubmission.versionField] == RuleSubmission.version(of: stored)
  }

  /// What the token of its forms is made for: this one and no other, or a new one.
  private static func form(_ id: RuleID?) -> String { id.map { "rule|\($0.rawValue)" } ?? "rule-new" }
}
