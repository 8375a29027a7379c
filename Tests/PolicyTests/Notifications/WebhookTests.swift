import Foundation
import Logging
import Model
import PostgreSQL
import ServiceKit
import ServiceTokens
import Synchronization
import TestSupport
import Testing

@testable import PolicyKit

@Suite("Webhooks")
struct WebhookTests {
  private static let request = CreateWebhook(
    url: "https://example.com/hook", events: [.toolsChanged, .connectionBroken, .toolsChanged])

  private func create(
    _ tenant: Tenant, _ request: CreateWebhook = request
  ) async throws -> CreatedWebhook {
    try await tenant.policy.gateway.call(WebhookEndpoints.create, OnBehalf(tenant.apiKey, request))
  }

  private func deliveries(_ webhook: Webhook, _ tenant: Tenant) async throws -> [WebhookDelivery] {
    let request = ListWebhookDeliveries(state: nil, page: PageRequest(limit: 200))
    return try await tenant.policy.gateway.call(
      WebhookEndpoints.deliveries, OnBehalf(tenant.apiKey, Targeted(webhook.id, request))
    ).items
  }

  private func claim(_ policy: PolicyFixture, limit: Int = 32) async throws -> [DueNotification] {
    try await policy.exchanger.call(NotificationEndpoints.claim, ClaimNotifications(limit: limit, waitSeconds: 0))
  }

  private func report(
    _ message: DueNotification, _ outcome: ReportNotification.Outcome, _ policy: PolicyFixture, status: Int? = nil
  ) async throws {
    _ = try await policy.exchanger.call(
      NotificationEndpoints.report,
      ReportNotification(
        organizationId: message.organizationId, webhookId: message.webhookId, id: message.id,
        attempt: message.attempt, outcome: outcome, status: status, problem: outcome == .delivered ? nil : "status"))
  }

  /// Writes events down as a change does.
  private func emit(_ count: Int, _ tenant: Tenant, _ type: NotificationType = .toolsChanged) async throws {
    try await withPostgresClient(tenant.policy.database.application) { client in
      for _ in 0..<count {
        try await client.transaction(in: .organization(tenant.id)) { transaction in
          try await NotificationOutbox().add(
            NotificationEvent(type: type, data: ["mcpServerId": "mcp_1"]), of: tenant.id, in: transaction)
        }
      }
    }
  }

  @Test func theSecretIsInTheVaultAndInOneAnswerOnly() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      let created = try await create(tenant)
      #expect(created.webhook.events == [.toolsChanged, .connectionBroken])
      let put = try #require(try policy.vault.received(SecretEndpoints.put).first)
      let secret = created.secret.secret.expose { $0 }
      #expect(put.kind == .webhookSecret && put.ownerId == created.webhook.id.rawValue)
      #expect(put.value.secret.expose { $0 } == secret)
      #expect(Data(base64Encoded: String(secret.dropFirst("whsec_".count)))?.count == 32)
      let grant = try policy.service.keys.credentials(of: .vault).grants.verify(
        try #require(policy.vault.grants(SecretEndpoints.put.path).first), presentedBy: .policy)
      #expect(grant.purposes == [.writeSecret] && grant.webhookId == created.webhook.id)
      #expect(!(try policy.database.dump()).contains(secret) && !policy.log.text.contains(secret))
      _ = try await policy.gateway.call(
        WebhookEndpoints.delete, OnBehalf(tenant.apiKey, Reference(id: created.webhook.id)))
      #expect(try policy.vault.received(SecretEndpoints.delete).map(\.ownerId) == [created.webhook.id.rawValue])
    }
  }

  @Test func aWebhookThatIsNotStoredLeavesNoSecret() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      for _ in 0..<WebhookRules.webhookCount { _ = try await create(tenant) }
      #expect(await refusal { try await create(tenant) } == .conflict)
      #expect(try policy.vault.received(SecretEndpoints.delete).count == 1)
    }
  }

  @Test func anEventSharesTheFateOfItsChangeAndGoesToWhomItConcerns() async throws {
    struct Stop: Error {}
    try await PolicyFixture.with { policy in
      let (tenant, other) = (try await policy.makeTenant(), try await policy.makeTenant("Other"))
      let wanted = try await create(tenant).webhook
      let unwanted = try await create(tenant, CreateWebhook(url: "https://example.com/", events: [.ruleChanged]))
        .webhook
      let foreign = try await create(other).webhook
      try await withPostgresClient(policy.database.application) { client -> Void in
        _ = await #expect(throws: Stop.self) {
          try await client.transaction(in: .organization(tenant.id)) { transaction in
            try await NotificationOutbox().add(
              NotificationEvent(type: .toolsChanged, data: [:]), of: tenant.id, in: transaction)
            throw Stop()
          }
        }
      }
      #expect(try await deliveries(wanted, tenant).isEmpty)
      try await emit(1, tenant)
      #expect(try await deliveries(wanted, tenant).map(\.state) == [.pending])
      #expect(try await deliveries(unwanted, tenant).isEmpty)
      #expect(try await deliveries(foreign, other).isEmpty)
      try await emit(1, tenant, .secretExpiring)
      #expect(try policy.database.superuser("SELECT count(*) FROM notification") == "1\n", "nobody wants the other")
      #expect(await refusal { try await deliveries(wanted, other) } == .notFound)
    }
  }

  @Test func everyDeliveryIsGivenToOneAndComesAgainWhenNobodyReports() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      _ = try await create(tenant)
      try await emit(60, tenant)
      let taken = try await withThrowingTaskGroup(of: [DueNotification].self) { group in
        for _ in 0..<8 { group.addTask { try await claim(policy, limit: 10) } }
        return try await group.reduce(into: []) { $0 += $1 }
      }
      #expect(taken.count == 60 && Set(taken.map(\.id)).count == 60)
      #expect(taken.allSatisfy { $0.attempt == 1 && $0.signature == "v1,stub" })
      let body = try #require(taken.first).body
      let event = try WireJSON.decode([String: JSONValue].self, from: Data(body.utf8))
      #expect(Set(event.keys) == ["type", "timestamp", "data"] && event["type"] == "mcp-server.tools.changed")
      #expect(try await claim(policy).isEmpty)
      try policy.database.superuser("UPDATE webhook_delivery SET due_at = now()")
      #expect(try await claim(policy).allSatisfy { $0.attempt == 2 })
    }
  }

  /// With a table that seems to hold one row, a plan runs a plain subquery for each row: each run would take as many again.
  @Test func noMoreAreGivenThanWereAskedForWhateverThePlan() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      _ = try await create(tenant)
      try await emit(1, tenant)
      try policy.database.superuser("ANALYZE webhook_delivery")
      try await emit(20, tenant)
      #expect(try await claim(policy, limit: 5).count == 5)
      #expect(try policy.database.superuser("SELECT count(*) FROM webhook_delivery WHERE attempts > 0") == "5\n")
    }
  }

  @Test func anAttemptEndsAsItIsReportedAndALateReportChangesNothing() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      let webhook = try await create(tenant).webhook
      try await emit(3, tenant)
      let messages = try await claim(policy)
      try await report(messages[0], .delivered, policy, status: 204)
      try await report(messages[1], .refused, policy, status: 410)
      try await report(messages[2], .failed, policy, status: 503)
      // What comes late, or twice, is about an attempt that is over.
      try await report(messages[0], .failed, policy)
      try await report(messages[1], .delivered, policy)
      let states = try await deliveries(webhook, tenant)
      func find(_ index: Int) -> WebhookDelivery? { states.first { $0.id == messages[index].id } }
      #expect(find(0)?.state == .delivered && find(0)?.deliveredAt != nil && find(0)?.lastStatus == 204)
      #expect(find(1)?.state == .dead && find(1)?.lastStatus == 410)
      #expect(find(2)?.state == .pending && find(2)?.lastStatus == 503 && find(2)?.nextAttemptAt != nil)

      let replayed = try await policy.gateway.call(
        WebhookEndpoints.replay, OnBehalf(tenant.apiKey, Targeted(webhook.id, Reference(id: messages[1].id))))
      #expect(replayed.state == .pending)
      try policy.database.superuser("UPDATE webhook_delivery SET due_at = now() WHERE state = 'pending'")
      let again = try await claim(policy)
      #expect(Set(again.map(\.id)) == [messages[1].id, messages[2].id] && again.allSatisfy { $0.attempt == 2 })
    }
  }

  @Test func withoutASignatureNothingIsSentAndItIsTriedAgain() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      let webhook = try await create(tenant).webhook
      try await emit(1, tenant)
      policy.vaultStub.fail(SecretEndpoints.signWebhook.path, with: ServiceError(.sealed, "Sealed."))
      #expect(try await claim(policy).isEmpty)
      let delivery = try #require(try await deliveries(webhook, tenant).first)
      #expect(delivery.state == .pending && delivery.lastProblem == "signature_unavailable")
      policy.vaultStub.fail(SecretEndpoints.signWebhook.path, with: nil)
      try policy.database.superuser("UPDATE webhook_delivery SET due_at = now()")
      #expect(try await claim(policy).count == 1)
    }
  }

  @Test func anEventOfTheVaultBecomesOneMessageHoweverOftenItComes() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      let webhook = try await create(tenant).webhook
      let event = VaultEvent(
        id: .random(), organizationId: tenant.id, type: .connectionBroken, occurredAt: Date(),
        data: ["connectionId": "con_1"])
      for _ in 0..<2 {
        policy.vaultStub.events.withLock { $0 = [event] }
        while policy.vaultStub.events.withLock({ !$0.isEmpty }) { try await Task.sleep(for: .milliseconds(20)) }
      }
      #expect(try await deliveries(webhook, tenant).map(\.id) == [event.id])
    }
  }

  @Test func theEndOfASecretIsToldOnceByWhicheverReplicaComesFirst() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      let webhook = try await create(tenant, CreateWebhook(url: "https://example.com/", events: [.secretExpiring]))
        .webhook
      let (soon, later) = (try await tenant.createIntegration(), try await tenant.createIntegration())
      try policy.database.superuser(
        """
        UPDATE integration SET secret_expires_at = now() + interval '3 days' WHERE integration_id = '\(soon.id)';
        UPDATE integration SET secret_expires_at = now() + interval '300 days' WHERE integration_id = '\(later.id)';
        """)
      try await withPostgresClient(policy.database.application) { client in
        let sweeper = NotificationSweeper(
          expiries: SecretExpiryStore(database: client), deliveries: DeliveryStore(database: client),
          outbox: NotificationOutbox(), logger: Logger(label: "test"))
        try await withThrowingTaskGroup(of: Void.self) { group in
          for _ in 0..<4 { group.addTask { try await sweeper.tellOfExpiries() } }
          try await group.waitForAll()
        }
        #expect(try await deliveries(webhook, tenant).count == 1)
        try policy.database.superuser(
          "UPDATE integration SET secret_expires_at = now() + interval '5 days' WHERE integration_id = '\(soon.id)'")
        try await sweeper.tellOfExpiries()
        #expect(try await deliveries(webhook, tenant).count == 2, "another end is another message")
      }
    }
  }

  @Test func oldMessagesAreForgottenWithTheirDeliveries() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      let webhook = try await create(tenant).webhook
      try await emit(3, tenant)
      try policy.database.superuser(
        """
        UPDATE notification SET occurred_at = now() - interval '31 days' WHERE notification_id =
          (SELECT min(notification_id) FROM notification)
        """)
      try await withPostgresClient(policy.database.application) { client async throws in
        #expect(try await DeliveryStore(database: client).clear(olderThan: 30, limit: 100) == 1)
      }
      #expect(try await deliveries(webhook, tenant).count == 2)
    }
  }

  @Test func onlyThoseWhoConfigureMayAndEveryWrongFieldIsNamed() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      let member = try await tenant.session("alice")
      #expect(
        await refusal { try await policy.gateway.call(WebhookEndpoints.create, OnBehalf(member, Self.request)) }
          == .forbidden)
      for url in ["http://example.com/", "https://u@example.com/", "x", "", "https://example.com/#f"] {
        #expect(
          await refusal { try await create(tenant, CreateWebhook(url: url, events: [.ruleChanged])) } == .invalidRequest
        )
      }
      #expect(
        await refusal { try await create(tenant, CreateWebhook(url: "https://example.com/", events: [])) }
          == .invalidRequest)
    }
  }
}
