public import FoundationEssentials

/// Which entries of the audit trail are wanted. Conditions that are absent match everything.
public struct AuditFilter: Codable, Sendable, Hashable {
  /// A user, an Application, a Charm, an API key or a service by its id, or a kind of actor such as `hostPlatform`.
  public var actor: String?
  /// An action, or the beginning of actions with a star: `connection.*`.
  public var action: String?
  /// The id of what it was done to.
  public var target: String?
  /// At or after.
  public var from: Date?
  /// Before.
  public var to: Date?

  public init(
    actor: String? = nil, action: String? = nil, target: String? = nil, from: Date? = nil, to: Date? = nil
  ) {
    self.actor = actor
    self.action = action
    self.target = target
    self.from = from
    self.to = to
  }
}

/// Asks one service for entries of its chain, newest first.
public struct AuditQuery: Codable, Sendable {
  public var filter: AuditFilter
  /// Only entries with smaller numbers; absent for the newest.
  public var before: Int64?
  /// 1 to ``PageRequest/maximumLimit``.
  public var limit: Int

  public init(filter: AuditFilter, before: Int64?, limit: Int) {
    self.filter = filter
    self.before = before
    self.limit = limit
  }
}

/// Asks one service for the next entries of its chain in the order of their numbers.
public struct AuditExportQuery: Codable, Sendable {
  /// At most this many at once: a page stays far below what a call may carry.
  public static let pageSize = 500

  /// At or after; absent from the beginning.
  public var from: Date?
  /// Before; absent to the end.
  public var to: Date?
  /// Only entries with larger numbers.
  public var after: Int64

  public init(from: Date?, to: Date?, after: Int64) {
    self.from = from
    self.to = to
    self.after = after
  }
}

/// Entries of one service's chain.
public struct AuditRecords: Codable, Sendable {
  public var items: [AuditRecord]

  public init(items: [AuditRecord]) { self.items = items }
}

/// Puts on record that somebody is about to take a copy of the trail.
public struct BeginAuditExport: Codable, Sendable {
  public var from: Date?
  public var to: Date?

  public init(from: Date?, to: Date?) {
    self.from = from
    self.to = to
  }
}

/// The audit trail, for owners and admins. Each service with a database answers for its own chain of the organization.
public enum AuditEndpoints {
  public static let listPolicy = Endpoint<OnBehalf<AuditQuery>, AuditRecords>(
    .policy, .post, "/internal/audit/list", callers: [.gateway])
  /// ``Grant/Purpose/administer``.
  public static let listVault = Endpoint<AuditQuery, AuditRecords>(
    .vault, .post, "/internal/audit/list", callers: [.gateway])
  /// Answers when the export is on record.
  public static let beginExport = Endpoint<OnBehalf<BeginAuditExport>, Empty>(
    .policy, .post, "/internal/audit/begin-export", callers: [.gateway])
  public static let exportPolicy = Endpoint<OnBehalf<AuditExportQuery>, AuditRecords>(
    .policy, .post, "/internal/audit/export", callers: [.gateway])
  /// ``Grant/Purpose/administer``.
  public static let exportVault = Endpoint<AuditExportQuery, AuditRecords>(
    .vault, .post, "/internal/audit/export", callers: [.gateway])
}
