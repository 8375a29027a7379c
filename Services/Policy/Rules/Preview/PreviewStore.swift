import FoundationEssentials
import Model
import PostgreSQL

/// What a preview looks at: members, and what was recorded of them.
struct PreviewStore: Sendable {
  let database: PostgresClient

  struct Member: Sendable {
    var id: UserID
    var standing: UserStore.Standing
  }

  /// A use as the audit trail holds it.
  struct Use: Sendable {
    var at: Date
    var user: UserID
    var standing: UserStore.Standing
    var charm: String?
    var application: String?
    var targetKind: String
    var target: String
    var isRefused: Bool
    var rule: String
    var tool: String?
    var scopes: [String]?
  }

  /// Members by their ids, with one more than the limit when there are more.
  func members(in organization: OrganizationID, after id: String?, limit: Int) async throws -> [Member] {
    let position: SQL = id.map { "AND user_id > \($0)" } ?? ""
    let rows = try await database.read(
      in: .organization(organization),
      """
      SELECT user_id, role, groups FROM member \
      WHERE organization_id = \(organization) AND removed_at IS NULL \(position) ORDER BY user_id LIMIT \(limit + 1)
      """)
    return try rows.map {
      Member(id: try $0.id("user_id"), standing: .init(role: try $0.value("role"), groups: try $0.get("groups")))
    }
  }

  /// The newest uses since a time, by members who are still there, one more than the limit when there are more.
  func uses(in organization: OrganizationID, since: Date, limit: Int) async throws -> [Use] {
    let actions: [PolicyAction] = [.accessGranted, .accessRefused, .toolCallAllowed, .toolCallRefused]
    let rows = try await database.read(
      in: .organization(organization),
      """
      SELECT a.occurred_at, a.user_id, a.charm_id, a.application_id, a.target_kind, a.target_id, a.outcome, \
      a.details ->> 'rule' AS rule, a.details ->> 'tool' AS tool, a.details ->> 'scopes' AS scopes, m.role, m.groups \
      FROM audit_entry a \
      JOIN member m ON m.organization_id = a.organization_id AND m.user_id = a.user_id AND m.removed_at IS NULL \
      WHERE a.organization_id = \(organization) AND a.occurred_at > \(since) \
      AND a.action = ANY (\(actions.map(\.rawValue))) AND a.target_kind IN ('integration', 'mcp-server') \
      AND a.target_id IS NOT NULL ORDER BY a.seq DESC LIMIT \(limit + 1)
      """)
    return try rows.map { row in
      let kind: String = try row.get("target_kind")
      let target: String = try row.get("target_id")
      let application: String? = try row.get("application_id")
      return Use(
        at: try row.get("occurred_at"), user: try row.id("user_id"),
        standing: .init(role: try row.value("role"), groups: try row.get("groups")), charm: try row.get("charm_id"),
        // A server's own Connections stand under the server's name.
        application: application == target ? nil : application, targetKind: kind, target: target,
        isRefused: try row.get("outcome", as: String.self) == "refused",
        rule: try row.get("rule", as: String?.self) ?? "", tool: try row.get("tool"),
        scopes: try row.get("scopes", as: String?.self)?.split(separator: " ").map(String.init))
    }
  }
}
