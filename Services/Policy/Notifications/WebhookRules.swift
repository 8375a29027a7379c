import Model
import Providers

/// What a webhook must look like. Every failure names the field and never repeats the value.
struct WebhookRules: Sendable {
  /// Webhooks of one organization: every event becomes a row for each.
  static let webhookCount = 20
  /// Bytes of the address.
  static let urlBytes = 2_048

  /// `host:port` entries of the operator's allow list: receivers there may use http.
  let insecureHosts: Set<String>

  func check(url text: String) throws {
    guard text.utf8.count <= Self.urlBytes, let url = ProviderURL(text) else {
      throw MCPServerRules.invalid("url", "must be a plain https URL without user name and fragment.")
    }
    guard url.isHTTPS || insecureHosts.contains("\(url.host):\(url.port ?? 80)") else {
      throw MCPServerRules.invalid(
        "url", "must use https; http is for hosts on the operator's egress allow list only.")
    }
  }

  func check(description: String?) throws {
    try TextRules.check(description, field: "description", maximum: PolicyLimits.descriptionLength)
  }

  /// The events, each once. The order stays.
  static func events(_ events: [NotificationType]) throws -> [NotificationType] {
    guard !events.isEmpty else { throw MCPServerRules.invalid("events", "must name at least one event.") }
    var seen: Set<NotificationType> = []
    return events.filter { seen.insert($0).inserted }
  }
}
