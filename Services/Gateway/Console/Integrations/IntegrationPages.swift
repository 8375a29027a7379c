import Hummingbird
import Model
import ServiceKit

/// The owner's pages about Integrations: set one up, look whether it works, give it a new secret, end it.
struct IntegrationPages: Sendable {
  /// Entries of the catalogue that are shown at once; it has fewer.
  private static let providersShown = PageRequest.maximumLimit
  /// What the form's token of a new one is made for.
  private static let newForm = "integration-new"

  let peers: PeerClients
  let setup: IntegrationSetup
  let gate: ConsoleGate
  let forms: ConsoleForms

  private var pages: PageRenderer { forms.responder.pages }

  func add(to router: ServiceRouter) {
    let page = forms.responder.page
    router.get("/console/integrations", use: page(list))
    router.post("/console/integrations", use: page(create))
    router.get("/console/integrations/new", use: page(new))
    router.get("/console/integrations/{id}", use: page(show))
    router.post("/console/integrations/{id}/check", use: page(check))
    router.post("/console/integrations/{id}/secrets", use: page(rotate))
    router.post("/console/integrations/{id}/status", use: page(changeStatus))
    router.get("/console/integrations/{id}/delete", use: page(askToDelete))
    router.post("/console/integrations/{id}/delete", use: page(delete))
  }

  @Sendable private func list(_ request: Request, _ context: AppRequestContext) async throws -> Response {
    let person = try await gate.administrator(request, returningTo: .integrations)
    let query = PageRequest(cursor: request.cursor)
    let page = try await peers.call(IntegrationEndpoints.list, person.asking(query))
    let html = try pages.integrations(IntegrationsPage(page, of: person.caller))
    return forms.responder.html(html, headers: forms.responder.headers.form)
  }

  /// The catalogue to choose from, or the form for what was chosen.
  @Sendable private func new(_ request: Request, _ context: AppRequestContext) async throws -> Response {
    let person = try await gate.administrator(request, returningTo: .newIntegration)
    guard let provider = request.uri.queryParameters["provider"].map({ String($0) }) else {
      let catalogue = try await peers.call(
        ProviderEndpoints.list, person.asking(PageRequest(limit: Self.providersShown)))
      return forms.responder.html(
        try pages.providers(ProvidersPage(catalogue.items)), headers: forms.responder.headers.form)
    }
    return try await form(IntegrationForm(provider: provider), request, for: person)
  }

  @Sendable private func create(_ request: Request, _ context: AppRequestContext) async throws -> Response {
    let person = try await gate.administrator(request, returningTo: .newIntegration)
    return try await forms.submit(request, context, Self.newForm) { fields in
      .integration(try await setup.create(IntegrationForm(fields).request(), for: person).id)
    } refused: { fields, refusal in
      try await form(IntegrationForm(fields), request, for: person, refusal)
    }
  }

  @Sendable private func show(_ request: Request, _ context: AppRequestContext) async throws -> Response {
    let id = try IntegrationID(of: context)
    let person = try await gate.administrator(request, returningTo: .integration(id))
    return try await page(id, request, for: person)
  }

  @Sendable private func check(_ request: Request, _ context: AppRequestContext) async throws -> Response {
    let id = try IntegrationID(of: context)
    let person = try await gate.administrator(request, returningTo: .integration(id))
    _ = try await forms.read(request, context, Self.form(id))
    let checks = try await setup.check(id, for: person)
    return try await page(id, request, for: person, checks: checks)
  }

  @Sendable private func rotate(_ request: Request, _ context: AppRequestContext) async throws -> Response {
    try await change(request, context) { id, fields, person in
      guard let secret = fields.secret("clientSecret") else {
        throw ServiceError(.invalidRequest, "Fill in the new client secret.")
      }
      _ = try await setup.rotate(id, RotateClientSecret(clientSecret: secret), for: person)
      return .integration(id)
    }
  }

  @Sendable private func changeStatus(_ request: Request, _ context: AppRequestContext) async throws -> Response {
    try await change(request, context) { id, fields, person in
      let update = UpdateIntegration(status: fields["enabled"] == "true" ? .enabled : .disabled)
      _ = try await peers.call(IntegrationEndpoints.update, person.asking(Targeted(id, update)))
      return .integration(id)
    }
  }

  @Sendable private func askToDelete(_ request: Request, _ context: AppRequestContext) async throws -> Response {
    let id = try IntegrationID(of: context)
    let person = try await gate.administrator(request, returningTo: .integration(id))
    let integration = try await peers.call(IntegrationEndpoints.show, person.asking(Reference(id: id)))
    let impact = try await peers.call(
      ImpactEndpoints.show, person.asking(ProposedChange.deleteIntegration(Reference(id: id))))
    return try forms.page(request, Self.form(id)) {
      try pages.removal(RemovalPage(integration.name, at: .integration(id), impact, csrfToken: $0))
    }
  }

  @Sendable private func delete(_ request: Request, _ context: AppRequestContext) async throws -> Response {
    try await change(request, context) { id, _, person in
      let request = DeleteIntegration(revoke: true)
      _ = try await peers.call(IntegrationEndpoints.delete, person.asking(Targeted(id, request)))
      return .integrations
    }
  }

  /// Changes one of them; what is refused is said on its page.
  private func change(
    _ request: Request, _ context: AppRequestContext,
    _ perform: (IntegrationID, FormFields, CallerIdentity) async throws -> LocalPath
  ) async throws -> Response {
    let id = try IntegrationID(of: context)
    let person = try await gate.administrator(request, returningTo: .integration(id))
    return try await forms.submit(request, context, Self.form(id)) {
      try await perform(id, $0, person)
    } refused: { _, refusal in
      try await page(id, request, for: person, refusal: refusal)
    }
  }

  private func form(
    _ form: IntegrationForm, _ request: Request, for person: CallerIdentity, _ refusal: ConsoleForms.Refusal? = nil
  ) async throws -> Response {
    let provider: ProviderSummary? =
      form.isCustom
      ? nil : try await peers.call(ProviderEndpoints.show, person.asking(ProviderReference(id: form.provider)))
    return try forms.page(request, Self.newForm, status: refusal?.status ?? .ok) {
      try pages.integrationForm(NewIntegrationPage(form, provider, problem: refusal?.message, csrfToken: $0))
    }
  }

  private func page(
    _ id: IntegrationID, _ request: Request, for person: CallerIdentity, checks: [IntegrationCheck] = [],
    refusal: ConsoleForms.Refusal? = nil
  ) async throws -> Response {
    let integration = try await peers.call(IntegrationEndpoints.show, person.asking(Reference(id: id)))
    return try forms.page(request, Self.form(id), status: refusal?.status ?? .ok) {
      try pages.integration(
        IntegrationPage(integration, checks: checks, problem: refusal?.message, csrfToken: $0))
    }
  }

  /// What the token of its forms is made for: this one and no other.
  private static func form(_ id: IntegrationID) -> String { "integration|\(id.rawValue)" }
}

extension Identifier {
  /// The id in a page's address.
  ///
  /// - Throws: `not_found` for what is none.
  init(of context: AppRequestContext) throws {
    guard let id = context.parameters.get("id").flatMap({ Self(validating: $0) }) else {
      throw ServiceError(.notFound, "There is nothing at this address.")
    }
    self = id
  }
}

extension Request {
  /// Where a page of a list begins.
  var cursor: String? { uri.queryParameters["cursor"].map { String($0) } }
}
