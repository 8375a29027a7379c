public import FoundationEssentials

/// One thing that happened, as it stands in an organization's hash chain. Holds names and reasons, never secrets.
public struct AuditEntry: Codable, Sendable, Hashable {
  /// What it was done to.
  public struct Target: Codable, Sendable, Hashable {
    /// For example `connection`.
    public var kind: String
    public var id: String

    public init(kind: String, id: String) {
      self.kind = kind
      self.id = id
    }
  }

  /// How it ended.
  public enum Outcome: String, Codable, Sendable, CaseIterable {
    case succeeded
    /// A rule, a grant or a check said no.
    case refused
    case failed
  }

  public var id: AuditEventID
  /// Absent for what concerns no single organization: it goes into the `system` chain.
  public var organizationId: OrganizationID?
  /// Stored to the microsecond.
  public var occurredAt: Date
  /// Dotted text such as `connection.token.released`.
  public var action: String
  public var actor: Actor
  /// The member on whose behalf the actor acts, where there is one.
  public var userId: UserID?
  /// The platform's identity of the Application, or the id of the MCP server.
  public var applicationId: String?
  /// What the Application declares about itself.
  public var appId: String?
  public var charmId: String?
  /// The service that asked; absent for a command or for the recording service's own work.
  public var caller: ServiceName?
  public var target: Target?
  public var outcome: Outcome
  /// The grant that allowed it.
  public var grantId: GrantID?
  /// Names the request in logs and problem documents.
  public var requestId: String?
  /// A few named facts, for example a reason or a record version. Never a secret, never a provider's raw answer.
  public var details: [String: String]

  public init(
    id: AuditEventID = .random(), organizationId: OrganizationID?, occurredAt: Date = Date(), action: String,
    actor: Actor, userId: UserID? = nil, applicationId: String? = nil, appId: String? = nil, charmId: String? = nil,
    caller: ServiceName? = nil, target: Target? = nil, outcome: Outcome = .succeeded, grantId: GrantID? = nil,
    requestId: String? = nil, details: [String: String] = [:]
  ) {
    self.id = id
    self.organizationId = organizationId
    self.occurredAt = occurredAt
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
