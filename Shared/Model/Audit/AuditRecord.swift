public import FoundationEssentials

/// An entry of the audit trail with its place in a chain, as owners read and export it.
///
/// Everything that the hash covers is here, and texts are not interpreted: what a newer version wrote is shown, not refused.
public struct AuditRecord: Codable, Sendable, Hashable {
  /// Who acted.
  public struct Actor: Codable, Sendable, Hashable {
    public var kind: String
    public var id: String?

    public init(kind: String, id: String?) {
      self.kind = kind
      self.id = id
    }
  }

  /// What it was done to.
  public struct Target: Codable, Sendable, Hashable {
    public var kind: String?
    public var id: String?

    public init(kind: String?, id: String?) {
      self.kind = kind
      self.id = id
    }
  }

  /// The service whose chain it is in.
  public var service: ServiceName
  /// Its number there, from 1.
  public var sequence: Int64
  /// The chain's hash up to and including it, 64 hexadecimal digits.
  public var hash: String
  public var id: AuditEventID
  public var occurredAt: Date
  /// The same in microseconds since 1970: what the hash covers.
  public var occurredMicroseconds: Int64
  public var action: String
  public var actor: Actor
  public var userId: String?
  public var applicationId: String?
  public var appId: String?
  public var charmId: String?
  public var caller: String?
  public var target: Target?
  public var outcome: String
  public var grantId: String?
  public var requestId: String?
  public var details: [String: String]

  public init(
    service: ServiceName, sequence: Int64, hash: String, id: AuditEventID, occurredAt: Date,
    occurredMicroseconds: Int64, action: String, actor: Actor, userId: String?, applicationId: String?, appId: String?,
    charmId: String?, caller: String?, target: Target?, outcome: String, grantId: String?, requestId: String?,
    details: [String: String]
  ) {
    self.service = service
    self.sequence = sequence
    self.hash = hash
    self.id = id
    self.occurredAt = occurredAt
    self.occurredMicroseconds = occurredMicroseconds
    self.action = action
    self.actor = actor
    self.userId = userId
    self.applicationId = applicationId
    self.appId = appId
    self.charmId = charmId
    self.caller = caller
    self.target = target
    self.outcome = outcome
    self.grantId = grantId
    self.requestId = requestId
    self.details = details
  }
}
