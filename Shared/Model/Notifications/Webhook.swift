public import FoundationEssentials

/// What an organization can be told about.
public enum NotificationType: String, Codable, Sendable, CaseIterable {
  /// A Connection cannot be refreshed any more: its person must authorize again, or its Integration must be put right.
  case connectionBroken = "connection.broken"
  /// A broken Connection works again.
  case connectionRecovered = "connection.recovered"
  case connectionRevoked = "connection.revoked"
  /// A provider at which the organization has Connections does not answer: one message, however many they are.
  case providerUnavailable = "provider.unavailable"
  /// It has answered again for a while.
  case providerRecovered = "provider.recovered"
  /// A server describes its tools differently than before.
  case toolsChanged = "mcp-server.tools.changed"
  case ruleChanged = "rule.changed"
  /// An Integration's client secret ends soon.
  case secretExpiring = "integration.secret.expiring"
  /// The provider refuses an Integration's newest client secret, and the one before it still works.
  case secretRefused = "integration.secret.refused"
  /// The provider knows none of an Integration's client secrets: its refreshes have stopped.
  case integrationBroken = "integration.broken"
  /// The provider knows an Integration's client again.
  case integrationRecovered = "integration.recovered"
}

/// An address of the organization that is told about events (Standard Webhooks).
public struct Webhook: Codable, Sendable, Hashable {
  public var id: WebhookID
  public var url: String
  public var events: [NotificationType]
  public var description: String?
  /// Nothing is sent while it is off; what happens meanwhile is not made up for.
  public var enabled: Bool
  public var createdAt: Date
  public var updatedAt: Date

  public init(
    id: WebhookID, url: String, events: [NotificationType], description: String?, enabled: Bool, createdAt: Date,
    updatedAt: Date
  ) {
    self.id = id
    self.url = url
    self.events = events
    self.description = description
    self.enabled = enabled
    self.createdAt = createdAt
    self.updatedAt = updatedAt
  }
}

/// `POST /v1/webhooks`
public struct CreateWebhook: Codable, Sendable {
  public var url: String
  public var events: [NotificationType]
  public var description: String?

  public init(url: String, events: [NotificationType], description: String? = nil) {
    self.url = url
    self.events = events
    self.description = description
  }
}

/// A new webhook with the secret that its signatures are checked with, which is shown this once.
public struct CreatedWebhook: Codable, Sendable {
  public var webhook: Webhook
  /// `whsec_` and base64, as the Standard Webhooks libraries take it.
  public var secret: WireSecret

  public init(webhook: Webhook, secret: WireSecret) {
    self.webhook = webhook
    self.secret = secret
  }
}

/// `PATCH /v1/webhooks/{id}`: what is absent stays.
public struct UpdateWebhook: Codable, Sendable {
  public var url: String?
  public var events: [NotificationType]?
  public var description: String?
  public var enabled: Bool?

  public init(
    url: String? = nil, events: [NotificationType]? = nil, description: String? = nil, enabled: Bool? = nil
  ) {
    self.url = url
    self.events = events
    self.description = description
    self.enabled = enabled
  }
}

/// One message to one webhook, and how its delivery stands.
public struct WebhookDelivery: Codable, Sendable, Hashable {
  public enum State: String, Codable, Sendable, CaseIterable {
    /// Will be tried, or tried again.
    case pending
    case delivered
    /// Given up: too old, or refused for good. Can be replayed.
    case dead
  }

  /// The message's id, `webhook-id` of every attempt.
  public var id: NotificationID
  public var webhookId: WebhookID
  public var type: NotificationType
  public var state: State
  public var attempts: Int
  public var createdAt: Date
  /// The next attempt, while it is pending.
  public var nextAttemptAt: Date?
  public var deliveredAt: Date?
  /// The receiver's last HTTP status.
  public var lastStatus: Int?
  /// Why the last attempt failed, one word. Never the receiver's own text.
  public var lastProblem: String?

  public init(
    id: NotificationID, webhookId: WebhookID, type: NotificationType, state: State, attempts: Int, createdAt: Date,
    nextAttemptAt: Date?, deliveredAt: Date?, lastStatus: Int?, lastProblem: String?
  ) {
    self.id = id
    self.webhookId = webhookId
    self.type = type
    self.state = state
    self.attempts = attempts
    self.createdAt = createdAt
    self.nextAttemptAt = nextAttemptAt
    self.deliveredAt = deliveredAt
    self.lastStatus = lastStatus
    self.lastProblem = lastProblem
  }
}

/// Asks for a webhook's deliveries, newest first.
public struct ListWebhookDeliveries: Codable, Sendable {
  public var state: WebhookDelivery.State?
  public var page: PageRequest

  public init(state: WebhookDelivery.State?, page: PageRequest) {
    self.state = state
    self.page = page
  }
}

/// Webhooks, answered by the policy service for owners and admins.
public enum WebhookEndpoints {
  public static let create = Endpoint<OnBehalf<CreateWebhook>, CreatedWebhook>(
    .policy, .post, "/internal/webhooks/create", callers: [.gateway])
  public static let list = Endpoint<OnBehalf<PageRequest>, Page<Webhook>>(
    .policy, .post, "/internal/webhooks/list", callers: [.gateway])
  public static let show = Endpoint<OnBehalf<Reference<WebhookKind>>, Webhook>(
    .policy, .post, "/internal/webhooks/show", callers: [.gateway])
  public static let update = Endpoint<OnBehalf<Targeted<WebhookKind, UpdateWebhook>>, Webhook>(
    .policy, .post, "/internal/webhooks/update", callers: [.gateway])
  public static let delete = Endpoint<OnBehalf<Reference<WebhookKind>>, Empty>(
    .policy, .post, "/internal/webhooks/delete", callers: [.gateway])
  public static let deliveries = Endpoint<
    OnBehalf<Targeted<WebhookKind, ListWebhookDeliveries>>, Page<WebhookDelivery>
  >(.policy, .post, "/internal/webhooks/deliveries", callers: [.gateway])
  /// Tries a delivery again from the beginning, whatever became of it.
  public static let replay = Endpoint<
    OnBehalf<Targeted<WebhookKind, Reference<NotificationKind>>>, WebhookDelivery
  >(.policy, .post, "/internal/webhooks/replay", callers: [.gateway])
}
