/// One entry of a change feed, the policy service's or the vault's: what it makes worthless that others keep.
public struct Change: Codable, Sendable, Hashable {
  public enum Kind: String, Codable, Sendable {
    /// A session or API key ended.
    case credential
    /// A user, role or group changed.
    case user
    /// An Integration changed.
    case integration
    /// An Application changed.
    case application
    /// Rules or anything else of the organization changed.
    case organization
    /// A Connection was made, revoked or paused, or another one is the default; without a subject, several.
    case connection
    /// The static token of an MCP server was replaced or destroyed.
    case secret
  }

  /// Grows by one with every change, without gaps as readers see it.
  public var sequence: Int64
  public var organizationId: OrganizationID
  public var kind: Kind
  /// The id of what changed, where one thing changed.
  public var subject: String?

  public init(sequence: Int64, organizationId: OrganizationID, kind: Kind, subject: String?) {
    self.sequence = sequence
    self.organizationId = organizationId
    self.kind = kind
    self.subject = subject
  }
}

/// Asks for changes after a sequence number; waits for the first one.
public struct ChangeQuery: Codable, Sendable {
  /// Absent: answer at once with the newest sequence number and no changes.
  public var after: Int64?
  /// Seconds to wait for a change, at most 25.
  public var waitSeconds: Int

  public init(after: Int64?, waitSeconds: Int) {
    self.after = after
    self.waitSeconds = waitSeconds
  }
}

/// Changes in order. A reader that sees `complete == false` has missed some and drops everything it has cached.
public struct ChangePage: Codable, Sendable {
  public var changes: [Change]
  /// The newest sequence number covered by this answer.
  public var last: Int64
  public var complete: Bool

  public init(changes: [Change], last: Int64, complete: Bool) {
    self.changes = changes
    self.last = last
    self.complete = complete
  }
}

/// The change feeds.
public enum ChangeEndpoints {
  /// Answered by the policy service: sessions, users, definitions, rules.
  public static let poll = Endpoint<ChangeQuery, ChangePage>(
    .policy, .post, "/internal/changes", callers: [.gateway, .exchanger], timeoutSeconds: 35)
  /// Answered by the vault: Connections and static tokens.
  public static let pollVault = Endpoint<ChangeQuery, ChangePage>(
    .vault, .post, "/internal/connection-changes", callers: [.gateway], timeoutSeconds: 35)
}
