import Model

/// What an owner has filled in for a new webhook.
struct WebhookForm: Sendable {
  static let eventPrefix = "event-"

  var url = ""
  var description = ""
  var events: Set<String> = []

  /// An empty one.
  init() {}

  init(_ fields: FormFields) {
    url = fields.filled("url") ?? ""
    description = fields.filled("description") ?? ""
    events = fields.chosen(Self.eventPrefix)
  }

  /// - Throws: `invalid_request` with what is missing.
  func request() throws -> CreateWebhook {
    guard !url.isEmpty else { throw ServiceError(.invalidRequest, "Fill in the address.") }
    let chosen = NotificationType.allCases.filter { events.contains($0.rawValue) }
    guard !chosen.isEmpty else { throw ServiceError(.invalidRequest, "Choose at least one event.") }
    return CreateWebhook(url: url, events: chosen, description: description.isEmpty ? nil : description)
  }
}
