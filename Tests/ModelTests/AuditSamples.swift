import Model

/// The audit trail and notifications on the wire.
extension WireSamples {
  private static let filter = AuditFilter(
    actor: "usr_1", action: "connection.*", target: "con_1", from: time, to: time)
  private static let record = AuditRecord(
    service: .vault, sequence: 7, hash: String(repeating: "ab", count: 32), id: AuditEventID(rawValue: "evt_1"),
    occurredAt: time, occurredMicroseconds: 1_767_323_045_000_001, action: "connection.token.released",
    actor: .init(kind: "charm", id: "charm-1"), userId: "usr_1", applicationId: "mcp_1", appId: "mcp_1",
    charmId: "charm-1", caller: "gateway", target: .init(kind: "connection", id: "con_1"), outcome: "succeeded",
    grantId: "grt_1", requestId: "req_1", details: ["generation": "3"])
  private static let webhookId = WebhookID(rawValue: "whk_1")
  private static let notification = NotificationID(rawValue: "msg_1")
  private static let webhook = Webhook(
    id: webhookId, url: "https://example.com/hook", events: [.connectionBroken, .secretExpiring],
    description: "Pages somebody", enabled: true, createdAt: time, updatedAt: time)

  static let audit: [WireSample] = [
    WireSample("AuditQuery", AuditQuery(filter: filter, before: 7, limit: 50)),
    WireSample("AuditQueryEverything", AuditQuery(filter: AuditFilter(), before: nil, limit: 50)),
    WireSample("AuditExportQuery", AuditExportQuery(from: time, to: time, after: 500)),
    WireSample("BeginAuditExport", BeginAuditExport(from: time, to: nil)),
    WireSample("AuditRecord", record),
    WireSample("AuditRecords", AuditRecords(items: [record])),
    WireSample("Webhook", webhook),
    WireSample(
      "CreateWebhook",
      CreateWebhook(url: "https://example.com/hook", events: [.ruleChanged], description: "Pages somebody")),
    WireSample("CreatedWebhook", CreatedWebhook(webhook: webhook, secret: WireSecret("whsec_c2VjcmV0"))),
    WireSample(
      "UpdateWebhook",
      UpdateWebhook(url: "https://example.com/other", events: [.toolsChanged], description: "Other", enabled: false)),
    WireSample(
      "WebhookDelivery",
      WebhookDelivery(
        id: notification, webhookId: webhookId, type: .connectionRevoked, state: .pending, attempts: 2,
        createdAt: time, nextAttemptAt: time, deliveredAt: nil, lastStatus: 503, lastProblem: "status")),
    WireSample(
      "ListWebhookDeliveries",
      Targeted<WebhookKind, ListWebhookDeliveries>(
        webhookId, ListWebhookDeliveries(state: .dead, page: PageRequest(limit: 50)))),
    WireSample("ClaimNotifications", ClaimNotifications(limit: 16, waitSeconds: 20)),
    WireSample(
      "DueNotification",
      DueNotification(
        organizationId: organization, webhookId: webhookId, id: notification, attempt: 1,
        url: "https://example.com/hook", timestamp: 1_767_323_045, signature: "v1,c2lnbmF0dXJl", body: "{}")),
    WireSample(
      "ReportNotification",
      ReportNotification(
        organizationId: organization, webhookId: webhookId, id: notification, attempt: 1, outcome: .failed,
        status: 503, problem: "status")),
    WireSample(
      "VaultEvent",
      VaultEvent(
        id: notification, organizationId: organization, type: .connectionBroken, occurredAt: time,
        data: ["connectionId": "con_1"])),
    WireSample(
      "AcknowledgeEvents",
      AcknowledgeEvents(events: [.init(organizationId: organization, id: notification)])),
    WireSample(
      "SignWebhook",
      SignWebhook(webhookId: webhookId, id: notification, timestamp: 1_767_323_045, body: "{}")),
    WireSample("SignedWebhook", SignedWebhook(signature: "v1,c2lnbmF0dXJl")),
  ]
}
