public import FoundationEssentials

/// A message that is due, ready to be sent: one HTTP POST.
public struct DueNotification: Codable, Sendable {
  public var organizationId: OrganizationID
  public var webhookId: WebhookID
  /// `webhook-id`: the same in every attempt, so that receivers can drop what they have.
  public var id: NotificationID
  /// The number of this attempt; a report about an earlier one changes nothing.
  public var attempt: Int
  public var url: String
  /// `webhook-timestamp`: seconds since 1970 at this attempt.
  public var timestamp: Int64
  /// `webhook-signature`: `v1,` and base64 of HMAC-SHA256 over id, timestamp and body, joined by dots.
  public var signature: String
  /// The JSON body, byte for byte as it was signed.
  public var body: String

  public init(
    organizationId: OrganizationID, webhookId: WebhookID, id: NotificationID, attempt: Int, url: String,
    timestamp: Int64, signature: String, body: String
  ) {
    self.organizationId = organizationId
    self.webhookId = webhookId
    self.id = id
    self.attempt = attempt
    self.url = url
    self.timestamp = timestamp
    self.signature = signature
    self.body = body
  }
}

/// Takes messages that are due, for a while.
public struct ClaimNotifications: Codable, Sendable {
  public var limit: Int
  /// Seconds to wait for one; 0 to 25.
  public var waitSeconds: Int

  public init(limit: Int, waitSeconds: Int) {
    self.limit = limit
    self.waitSeconds = waitSeconds
  }
}

/// What became of an attempt.
public struct ReportNotification: Codable, Sendable {
  public enum Outcome: String, Codable, Sendable {
    /// The receiver took it (2xx).
    case delivered
    /// To be tried again.
    case failed
    /// Another attempt would fail as well: an address that may not be used, or a receiver that is gone (410).
    case refused
  }

  public var organizationId: OrganizationID
  public var webhookId: WebhookID
  public var id: NotificationID
  public var attempt: Int
  public var outcome: Outcome
  public var status: Int?
  /// A stable word.
  public var problem: String?

  public init(
    organizationId: OrganizationID, webhookId: WebhookID, id: NotificationID, attempt: Int, outcome: Outcome,
    status: Int?, problem: String?
  ) {
    self.organizationId = organizationId
    self.webhookId = webhookId
    self.id = id
    self.attempt = attempt
    self.outcome = outcome
    self.status = status
    self.problem = problem
  }
}

/// The delivery of messages: the policy service keeps them, the exchanger sends them.
public enum NotificationEndpoints {
  /// Waits for as long as the caller wishes. A claim that is not reported on comes due again.
  public static let claim = Endpoint<ClaimNotifications, [DueNotification]>(
    .policy, .post, "/internal/notifications/claim", callers: [.exchanger], timeoutSeconds: 35)
  public static let report = Endpoint<ReportNotification, Empty>(
    .policy, .post, "/internal/notifications/report", callers: [.exchanger])
}

/// Something that happened in the vault, on its way to the policy service, which knows who wants to be told.
public struct VaultEvent: Codable, Sendable {
  /// Becomes the message's id.
  public var id: NotificationID
  public var organizationId: OrganizationID
  public var type: NotificationType
  public var occurredAt: Date
  /// Ids and stable words; never a secret.
  public var data: [String: String]

  public init(
    id: NotificationID, organizationId: OrganizationID, type: NotificationType, occurredAt: Date,
    data: [String: String]
  ) {
    self.id = id
    self.organizationId = organizationId
    self.type = type
    self.occurredAt = occurredAt
    self.data = data
  }
}

/// Events that were taken over.
public struct AcknowledgeEvents: Codable, Sendable {
  public var events: [EventReference]

  public struct EventReference: Codable, Sendable {
    public var organizationId: OrganizationID
    public var id: NotificationID

    public init(organizationId: OrganizationID, id: NotificationID) {
      self.organizationId = organizationId
      self.id = id
    }
  }

  public init(events: [EventReference]) { self.events = events }
}

/// The vault's outbox.
public enum VaultEventEndpoints {
  /// The oldest events that nobody has taken lately. They are given again until they are acknowledged.
  public static let claim = Endpoint<Empty, [VaultEvent]>(
    .vault, .post, "/internal/events/claim", callers: [.policy])
  public static let acknowledge = Endpoint<AcknowledgeEvents, Empty>(
    .vault, .post, "/internal/events/acknowledge", callers: [.policy])
}

/// Asks the vault to sign a message with a webhook's secret, which stays there.
public struct SignWebhook: Codable, Sendable {
  public var webhookId: WebhookID
  public var id: NotificationID
  public var timestamp: Int64
  public var body: String

  public init(webhookId: WebhookID, id: NotificationID, timestamp: Int64, body: String) {
    self.webhookId = webhookId
    self.id = id
    self.timestamp = timestamp
    self.body = body
  }
}

public struct SignedWebhook: Codable, Sendable {
  /// `v1,` and base64.
  public var signature: String

  public init(signature: String) { self.signature = signature }
}
