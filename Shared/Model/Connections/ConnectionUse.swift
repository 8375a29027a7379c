public import FoundationEssentials

/// One use of a Connection, as its owner sees it (`GET /v1/connections/{id}/uses`).
public struct ConnectionUse: Codable, Sendable {
  public var id: AuditEventID
  public var occurredAt: Date
  /// Dotted text such as `connection.token.released`.
  public var action: String
  public var actor: Actor
  public var outcome: String

  public init(id: AuditEventID, occurredAt: Date, action: String, actor: Actor, outcome: String) {
    self.id = id
    self.occurredAt = occurredAt
    self.action = action
    self.actor = actor
    self.outcome = outcome
  }
}
