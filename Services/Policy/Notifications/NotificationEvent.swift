import FoundationEssentials
import Model

/// Something that webhooks can be told about. Ids and stable words, never a secret.
struct NotificationEvent: Sendable {
  var id = NotificationID.random()
  var type: NotificationType
  var occurredAt = Date()
  var data: [String: String]

  /// The body of every message about it, as it is signed and sent.
  func body(of organization: OrganizationID) throws -> String {
    var data = data
    data["organizationId"] = organization.rawValue
    return try WireJSON.text(Body(data: data, timestamp: WireTime.text(occurredAt), type: type))
  }

  /// The shape that Standard Webhooks recommends.
  private struct Body: Encodable {
    var data: [String: String]
    var timestamp: String
    var type: NotificationType
  }
}

extension NotificationEvent {
  /// What an audited change tells webhooks; nil for most.
  init?(_ fact: AuditFact) {
    var data = ["action": fact.action.rawValue]
    switch fact.action {
    case .toolsChanged:
      type = .toolsChanged
      data["mcpServerId"] = fact.targetId
    case .ruleCreated, .ruleChanged, .ruleDeleted:
      type = .ruleChanged
      data["ruleId"] = fact.targetId
    default:
      return nil
    }
    self.data = data
  }

  init(_ event: VaultEvent) {
    self.init(id: event.id, type: event.type, occurredAt: event.occurredAt, data: event.data)
  }
}
