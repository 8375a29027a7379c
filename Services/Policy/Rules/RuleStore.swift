import FoundationEssentials
import Model
import PostgreSQL

/// The rows of access rules.
struct RuleStore: Sendable {
  let database: PostgresClient

  private static let columns: SQL = "rule_id, document, created_at, updated_at"

  func find(_ id: RuleID, in organization: OrganizationID) async throws -> Rule? {
    let rows = try await database.read(
      in: .organization(organization),
      "SELECT \(Self.columns) FROM rule WHERE organization_id = \(organization) AND rule_id = \(id)")
    return try rows.first.map(Self.rule)
  }

  /// A page of the organization's rules, newest first, with one item more than the limit when there are more.
  func list(in organization: OrganizationID, after cursor: PageCursor?, limit: Int) async throws -> [Rule] {
    let position: SQL = cursor.map { "AND (created_at, rule_id) < (\($0.time), \($0.id))" } ?? ""
    let rows = try await database.read(
      in: .organization(organization),
      """
      SELECT \(Self.columns) FROM rule WHERE organization_id = \(organization) \(position) \
      ORDER BY created_at DESC, rule_id DESC LIMIT \(limit + 1)
      """)
    return try rows.map(Self.rule)
  }

  /// Every one. Whoever has advanced the organization's version keeps them from changing.
  func all(in organization: OrganizationID, _ transaction: PostgresTransaction) async throws -> [Rule] {
    try await transaction.query("SELECT \(Self.columns) FROM rule WHERE organization_id = \(organization)")
      .map(Self.rule)
  }

  /// Gives the organization's rules a new version. Whoever else changes one waits until the transaction ends.
  func advance(_ organization: OrganizationID, _ transaction: PostgresTransaction) async throws {
    try await transaction.query(
      "UPDATE organization SET rules_version = rules_version + 1 WHERE organization_id = \(organization)")
  }

  /// One rule, whose organization's version the caller has advanced.
  func find(
    _ id: RuleID, in organization: OrganizationID, _ transaction: PostgresTransaction
  ) async throws -> Rule? {
    try await transaction.query(
      "SELECT \(Self.columns) FROM rule WHERE organization_id = \(organization) AND rule_id = \(id)"
    ).first.map(Self.rule)
  }

  /// How many rules there are besides one, and how many entries their lists have together.
  func size(
    in organization: OrganizationID, besides id: RuleID, _ transaction: PostgresTransaction
  ) async throws -> (rules: Int, entries: Int) {
    let row = try await transaction.query(
      """
      SELECT count(*) AS rules, coalesce(sum(entries), 0) AS entries FROM rule \
      WHERE organization_id = \(organization) AND rule_id <> \(id)
      """
    ).first
    return (try row?.get("rules", as: Int.self) ?? 0, try row?.get("entries", as: Int.self) ?? 0)
  }

  func insert(_ rule: Rule, in organization: OrganizationID, _ transaction: PostgresTransaction) async throws {
    try await transaction.query(
      """
      INSERT INTO rule (organization_id, rule_id, document, entries, created_at, updated_at) \
      VALUES (\(organization), \(rule.id), \(try WireJSON.text(rule.draft)), \(rule.draft.entryCount), \
      \(rule.createdAt), \(rule.updatedAt))
      """)
  }

  func replace(_ rule: Rule, in organization: OrganizationID, _ transaction: PostgresTransaction) async throws {
    try await transaction.query(
      """
      UPDATE rule SET document = \(try WireJSON.text(rule.draft)), entries = \(rule.draft.entryCount), \
      updated_at = \(rule.updatedAt) \
      WHERE organization_id = \(organization) AND rule_id = \(rule.id)
      """)
  }

  func delete(_ id: RuleID, in organization: OrganizationID, _ transaction: PostgresTransaction) async throws {
    try await transaction.query("DELETE FROM rule WHERE organization_id = \(organization) AND rule_id = \(id)")
  }

  /// What of an organization's compiled rules must agree with what is stored.
  struct Standing: Sendable, Hashable {
    var version: Int64
    var defaultEffect: Decision.Effect
    /// Whether there is any rule at all.
    var hasRules: Bool
  }

  /// One row by its key: decisions ask for it each time, so that none is made by rules that are no more.
  func standing(of organization: OrganizationID) async throws -> Standing? {
    let rows = try await database.read(
      in: .organization(organization),
      """
      SELECT rules_version, default_effect, \
      EXISTS (SELECT 1 FROM rule r WHERE r.organization_id = o.organization_id) AS has_rules \
      FROM organization o WHERE organization_id = \(organization)
      """)
    return try rows.first.map {
      Standing(
        version: try $0.get("rules_version"), defaultEffect: try $0.value("default_effect"),
        hasRules: try $0.get("has_rules"))
    }
  }

  /// All rules with the version that they belong to, as one statement sees them.
  func load(_ organization: OrganizationID) async throws -> (standing: Standing, drafts: [RuleID: RuleDraft])? {
    let rows = try await database.read(
      in: .organization(organization),
      """
      SELECT o.rules_version, o.default_effect, r.rule_id, r.document \
      FROM organization o LEFT JOIN rule r ON r.organization_id = o.organization_id \
      WHERE o.organization_id = \(organization)
      """)
    guard let first = rows.first else { return nil }
    var drafts: [RuleID: RuleDraft] = [:]
    for row in rows {
      guard let id: RuleID = try row.optionalId("rule_id") else { continue }
      drafts[id] = try row.json("document")
    }
    let standing = Standing(
      version: try first.get("rules_version"), defaultEffect: try first.value("default_effect"),
      hasRules: !drafts.isEmpty)
    return (standing, drafts)
  }

  private static func rule(_ row: PostgresRow) throws -> Rule {
    Rule(
      id: try row.id("rule_id"), draft: try row.json("document"), createdAt: try row.get("created_at"),
      updatedAt: try row.get("updated_at"))
  }
}
