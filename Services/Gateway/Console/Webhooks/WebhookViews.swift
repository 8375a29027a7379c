import Model

/// The list of webhooks.
struct WebhooksPage: Sendable {
  struct Line: Sendable {
    var address: String
    var url: String
    var description: String?
    var isEnabled: Bool
  }

  var webhooks: [Line]
  var hasWebhooks: Bool
  var next: String?

  init(_ page: Page<Webhook>) {
    webhooks = page.items.map {
      Line(
        address: LocalPath.webhook($0.id).text, url: ConsoleText.line($0.url),
        description: $0.description.map(ConsoleText.line), isEnabled: $0.enabled)
    }
    hasWebhooks = !webhooks.isEmpty
    next = page.nextCursor.map { LocalPath.webhooks.at($0).text }
  }
}

/// The form for a new one.
struct NewWebhookPage: Sendable {
  struct Choice: Sendable {
    var field: String
    var label: String
    var isChosen: Bool
  }

  var url: String
  var description: String
  var events: [Choice]
  /// Why the form was not taken.
  var problem: String?
  var csrfToken: String

  init(_ form: WebhookForm, problem: String?, csrfToken: String) {
    url = form.url
    description = form.description
    events = NotificationType.allCases.map {
      Choice(
        field: WebhookForm.eventPrefix + $0.rawValue, label: $0.shown, isChosen: form.events.contains($0.rawValue))
    }
    self.problem = problem
    self.csrfToken = csrfToken
  }
}

/// A new webhook with its secret, which no other page shows.
struct CreatedWebhookPage: Sendable {
  var address: String
  var url: String
  var secret: String

  init(_ created: CreatedWebhook) {
    address = LocalPath.webhook(created.webhook.id).text
    url = ConsoleText.line(created.webhook.url)
    secret = created.secret.secret.expose { $0 }
  }
}

/// One webhook and its latest messages.
struct WebhookPage: Sendable {
  struct Delivery: Sendable {
    var address: String
    var id: String
    var what: String
    var state: String
    var isBad: Bool
    /// How often it was tried, and how the last attempt ended.
    var detail: String
    var at: String
    var csrfToken: String
  }

  var address: String
  var host: String
  var url: String
  var description: String?
  var events: String
  var isEnabled: Bool
  var deliveries: [Delivery]
  var hasDeliveries: Bool
  var next: String?
  /// What follows the addresses of the messages' forms.
  var query: String
  var problem: String?
  var csrfToken: String

  /// - Parameter cursor: where this page of the messages begins, so that its forms come back to it.
  init(_ webhook: Webhook, _ page: Page<WebhookDelivery>, at cursor: String?, problem: String?, csrfToken: String) {
    let address = LocalPath.webhook(webhook.id).text
    self.address = address
    host = ConsoleText.host(webhook.url)
    url = DisplayText.line(webhook.url, maximum: ConsoleText.sentenceLength)
    description = webhook.description.map(ConsoleText.line)
    events = webhook.events.map(\.shown).joined(separator: ", ")
    isEnabled = webhook.enabled
    deliveries = page.items.map {
      Delivery(
        address: address, id: $0.id.rawValue, what: $0.type.shown, state: $0.state.shown, isBad: $0.state == .dead,
        detail: Self.detail($0), at: ShownTime.text($0.createdAt), csrfToken: csrfToken)
    }
    hasDeliveries = !deliveries.isEmpty
    next = page.nextCursor.map { LocalPath.webhook(webhook.id).at($0).text }
    query = LocalPath.query(at: cursor)
    self.problem = problem
    self.csrfToken = csrfToken
  }

  private static func detail(_ delivery: WebhookDelivery) -> String {
    let tries = "\(delivery.attempts) \(delivery.attempts == 1 ? "attempt" : "attempts")"
    let ending = [
      delivery.lastStatus.map { "answered \($0)" }, delivery.lastProblem.map { $0.replacing("_", with: " ") },
      delivery.nextAttemptAt.map { "next at \(ShownTime.text($0))" },
    ]
    return ([tries] + ending.compactMap(\.self)).joined(separator: ", ")
  }
}

extension WebhookDelivery.State {
  /// As people read it.
  var shown: String {
    switch self {
    case .pending: "Waits to be sent"
    case .delivered: "Delivered"
    case .dead: "Given up"
    }
  }
}

extension NotificationType {
  /// As people read it.
  var shown: String {
    switch self {
    case .connectionBroken: "A connection is broken"
    case .connectionRecovered: "A broken connection works again"
    case .connectionRevoked: "A connection was revoked"
    case .providerUnavailable: "A provider does not answer"
    case .providerRecovered: "A provider answers again"
    case .toolsChanged: "A server's tools have changed"
    case .ruleChanged: "An access rule has changed"
    case .secretExpiring: "A client secret ends soon"
    case .secretRefused: "A provider refuses the newest client secret"
    case .integrationBroken: "An integration is broken"
    case .integrationRecovered: "A broken integration works again"
    }
  }
}
