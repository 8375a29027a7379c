import FoundationEssentials
import Model
import PostgreSQL
import Providers

/// Webhooks as owners and admins set them up.
struct WebhookService: Sendable {
  /// Bytes of a secret: Standard Webhooks asks for 24 to 64.
  private static let secretBytes = 32

  let store: WebhookStore
  let deliveries: DeliveryStore
  let mutations: Mutations
  let vault: Vault
  let vaultTasks: VaultTaskService
  let rules: WebhookRules

  /// Makes a webhook. Its secret is in the vault before the row exists, and leaves in this answer alone.
  func create(_ request: CreateWebhook, by principal: Principal) async throws -> CreatedWebhook {
    try await mayConfigure(principal, "webhook.create")
    try rules.check(url: request.url)
    try rules.check(description: request.description)
    let now = Date()
    let webhook = Webhook(
      id: .random(), url: request.url, events: try WebhookRules.events(request.events),
      description: request.description, enabled: true, createdAt: now, updatedAt: now)
    let secret = WireSecret("whsec_" + Data(RandomText.bytes(Self.secretBytes)).base64EncodedString())
    let organization = principal.organizationId
    return try await vaultTasks.guarding(secretTask(of: webhook.id, principal)) {
      try await vault.put(secret, for: webhook.id, of: organization, actor: principal.actor)
    } change: { settled in
      try await mutations.run(by: principal.origin) { transaction in
        guard try await store.count(in: organization, transaction) < WebhookRules.webhookCount else {
          throw ServiceError(
            .conflict, "The organization has \(WebhookRules.webhookCount) webhooks, which is the most. Delete one.")
        }
        try await store.insert(webhook, in: organization, transaction)
        try await settled(transaction)
        return (CreatedWebhook(webhook: webhook, secret: secret), Self.trace(.webhookCreated, webhook))
      }
    }
  }

  func list(_ page: PageRequest, by principal: Principal) async throws -> Page<Webhook> {
    try await mayConfigure(principal, "webhook.list")
    let limit = try page.checkedLimit()
    let webhooks = try await store.list(in: principal.organizationId, after: page.checkedCursor(), limit: limit)
    return Page(webhooks, limit: limit) { PageCursor(time: $0.createdAt, id: $0.id.rawValue) }
  }

  func show(_ id: WebhookID, by principal: Principal) async throws -> Webhook {
    try await mayConfigure(principal, "webhook.show")
    guard let webhook = try await store.find(id, in: principal.organizationId) else { throw Self.notFound }
    return webhook
  }

  func update(_ id: WebhookID, _ request: UpdateWebhook, by principal: Principal) async throws -> Webhook {
    try await mayConfigure(principal, "webhook.update")
    if let url = request.url { try rules.check(url: url) }
    try rules.check(description: request.description)
    let events = try request.events.map(WebhookRules.events)
    let organization = principal.organizationId
    return try await mutations.run(by: principal.origin) { transaction in
      guard var webhook = try await store.lock(id, in: organization, transaction) else { throw Self.notFound }
      webhook.url = request.url ?? webhook.url
      webhook.events = events ?? webhook.events
      webhook.description = request.description ?? webhook.description
      webhook.enabled = request.enabled ?? webhook.enabled
      webhook.updatedAt = Date()
      try await store.update(webhook, in: organization, transaction)
      return (webhook, Self.trace(.webhookChanged, webhook))
    }
  }

  /// Nothing is sent to it any more, and its secret is destroyed.
  func delete(_ id: WebhookID, by principal: Principal) async throws {
    try await mayConfigure(principal, "webhook.delete")
    let organization = principal.organizationId
    let task = secretTask(of: id, principal)
    try await mutations.run(by: principal.origin) { transaction in
      guard try await store.delete(id, in: organization, transaction) else { throw Self.notFound }
      try await vaultTasks.store.add(task, delaySeconds: 0, in: transaction)
      return ((), .init([AuditFact(action: .webhookDeleted, targetKind: "webhook", targetId: id.rawValue)]))
    }
    await vaultTasks.attempt(task)
  }

  func listDeliveries(
    _ id: WebhookID, _ request: ListWebhookDeliveries, by principal: Principal
  ) async throws -> Page<WebhookDelivery> {
    _ = try await show(id, by: principal)
    let limit = try request.page.checkedLimit()
    let found = try await deliveries.list(
      of: id, in: principal.organizationId, state: request.state, after: request.page.checkedCursor(), limit: limit)
    return Page(found, limit: limit) { PageCursor(time: $0.createdAt, id: $0.id.rawValue) }
  }

  /// Begins a new series of attempts, whatever became of the last one.
  func replay(_ id: WebhookID, _ notification: NotificationID, by principal: Principal) async throws -> WebhookDelivery
  {
    try await mayConfigure(principal, "webhook.replay")
    return try await mutations.run(by: principal.origin) { transaction in
      guard
        let delivery = try await deliveries.restart(
          notification, to: id, in: principal.organizationId, transaction)
      else { throw Self.notFound }
      let fact = AuditFact(
        action: .webhookReplayed, targetKind: "webhook", targetId: id.rawValue,
        details: ["notification": notification.rawValue])
      return (delivery, .init([fact]))
    }
  }

  private static let notFound = ServiceError(.notFound, "The organization has no such webhook or delivery.")

  private func secretTask(of id: WebhookID, _ principal: Principal) -> VaultTask {
    VaultTask(
      organizationId: principal.organizationId, kind: .destroyWebhookSecret, subject: id.rawValue,
      actor: principal.actor)
  }

  /// Where messages go is on record, not only that something changed.
  private static func trace(_ action: PolicyAction, _ webhook: Webhook) -> Mutations.Trace {
    let host = ProviderURL(webhook.url)?.host ?? ""
    return .init([
      AuditFact(
        action: action, targetKind: "webhook", targetId: webhook.id.rawValue,
        details: [
          "host": host, "events": webhook.events.map(\.rawValue).joined(separator: " "),
          "enabled": String(webhook.enabled),
        ])
    ])
  }

  private func mayConfigure(_ principal: Principal, _ attempt: String) async throws {
    try await mutations.audit.requireConfiguration(principal, attempt: attempt)
  }
}
