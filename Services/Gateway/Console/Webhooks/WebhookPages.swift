import Hummingbird
import Model
import ServiceKit

/// The owner's pages about webhooks: where events are told, and what became of each message.
struct WebhookPages: Sendable {
  /// What the form's token of a new one is made for.
  private static let newForm = "webhook-new"
  /// Deliveries that are shown at once.
  private static let deliveriesShown = 20

  let peers: PeerClients
  let gate: ConsoleGate
  let forms: ConsoleForms

  private var pages: PageRenderer { forms.responder.pages }

  func add(to router: ServiceRouter) {
    let page = forms.responder.page
    router.get("/console/webhooks", use: page(list))
    router.post("/console/webhooks", use: page(create))
    router.get("/console/webhooks/new", use: page(new))
    router.get("/console/webhooks/{id}", use: page(show))
    router.post("/console/webhooks/{id}/status", use: page(changeStatus))
    router.post("/console/webhooks/{id}/replay", use: page(replay))
    router.get("/console/webhooks/{id}/delete", use: page(askToDelete))
    router.post("/console/webhooks/{id}/delete", use: page(delete))
  }

  @Sendable private func list(_ request: Request, _ context: AppRequestContext) async throws -> Response {
    let person = try await gate.administrator(request, returningTo: .webhooks)
    let page = try await peers.call(WebhookEndpoints.list, person.asking(PageRequest(cursor: request.cursor)))
    return forms.responder.html(
      try pages.webhooks(WebhooksPage(page)), headers: forms.responder.headers.form)
  }

  @Sendable private func new(_ request: Request, _ context: AppRequestContext) async throws -> Response {
    _ = try await gate.administrator(request, returningTo: .newWebhook)
    return try form(WebhookForm(), request)
  }

  /// The answer is the page itself and no redirect: the secret is in it, this once.
  @Sendable private func create(_ request: Request, _ context: AppRequestContext) async throws -> Response {
    let person = try await gate.administrator(request, returningTo: .newWebhook)
    let fields = try await forms.read(request, context, Self.newForm)
    let form = WebhookForm(fields)
    do {
      let created = try await peers.call(WebhookEndpoints.create, person.asking(try form.request()))
      return forms.responder.html(
        try pages.webhookCreated(CreatedWebhookPage(created)), headers: forms.responder.headers.form)
    } catch {
      guard let refusal = ConsoleForms.Refusal(error) else { throw error }
      return try self.form(form, request, refusal)
    }
  }

  @Sendable private func show(_ request: Request, _ context: AppRequestContext) async throws -> Response {
    let id = try WebhookID(of: context)
    let person = try await gate.administrator(request, returningTo: .webhook(id))
    return try await page(id, request, for: person)
  }

  @Sendable private func changeStatus(_ request: Request, _ context: AppRequestContext) async throws -> Response {
    try await change(request, context) { id, fields, person in
      let update = UpdateWebhook(enabled: fields["enabled"] == "true")
      _ = try await peers.call(WebhookEndpoints.update, person.asking(Targeted(id, update)))
      return .webhook(id)
    }
  }

  /// Tries a message again from the beginning.
  @Sendable private func replay(_ request: Request, _ context: AppRequestContext) async throws -> Response {
    try await change(request, context) { id, fields, person in
      guard let message = fields["message"].flatMap(NotificationID.init(validating:)) else {
        throw ServiceError(.invalidRequest, "The form names no message.")
      }
      let target = Targeted(id, Reference(id: message))
      _ = try await peers.call(WebhookEndpoints.replay, person.asking(target))
      return .webhook(id).at(request.cursor)
    }
  }

  @Sendable private func askToDelete(_ request: Request, _ context: AppRequestContext) async throws -> Response {
    let id = try WebhookID(of: context)
    let person = try await gate.administrator(request, returningTo: .webhook(id))
    let webhook = try await peers.call(WebhookEndpoints.show, person.asking(Reference(id: id)))
    return try forms.page(request, Self.form(id)) {
      try pages.removal(
        RemovalPage(
          ConsoleText.host(webhook.url), at: .webhook(id), nil,
          consequence: "Nothing is sent there any more, and its secret is destroyed. This cannot be undone.",
          csrfToken: $0))
    }
  }

  @Sendable private func delete(_ request: Request, _ context: AppRequestContext) async throws -> Response {
    try await change(request, context) { id, _, person in
      _ = try await peers.call(WebhookEndpoints.delete, person.asking(Reference(id: id)))
      return .webhooks
    }
  }

  private func change(
    _ request: Request, _ context: AppRequestContext,
    _ perform: (WebhookID, FormFields, CallerIdentity) async throws -> LocalPath
  ) async throws -> Response {
    let id = try WebhookID(of: context)
    let person = try await gate.administrator(request, returningTo: .webhook(id))
    return try await forms.submit(request, context, Self.form(id)) {
      try await perform(id, $0, person)
    } refused: { _, refusal in
      try await page(id, request, for: person, refusal)
    }
  }

  private func form(
    _ form: WebhookForm, _ request: Request, _ refusal: ConsoleForms.Refusal? = nil
  ) throws -> Response {
    try forms.page(request, Self.newForm, status: refusal?.status ?? .ok) {
      try pages.webhookForm(NewWebhookPage(form, problem: refusal?.message, csrfToken: $0))
    }
  }

  private func page(
    _ id: WebhookID, _ request: Request, for person: CallerIdentity, _ refusal: ConsoleForms.Refusal? = nil
  ) async throws -> Response {
    let webhook = try await peers.call(WebhookEndpoints.show, person.asking(Reference(id: id)))
    let query = ListWebhookDeliveries(
      state: nil, page: PageRequest(limit: Self.deliveriesShown, cursor: request.cursor))
    let deliveries = try await peers.call(WebhookEndpoints.deliveries, person.asking(Targeted(id, query)))
    return try forms.page(request, Self.form(id), status: refusal?.status ?? .ok) {
      try pages.webhook(
        WebhookPage(webhook, deliveries, at: request.cursor, problem: refusal?.message, csrfToken: $0))
    }
  }

  /// What the token of its forms is made for: this one and no other.
  private static func form(_ id: WebhookID) -> String { "webhook|\(id.rawValue)" }
}
