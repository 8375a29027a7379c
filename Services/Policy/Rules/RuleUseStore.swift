import FoundationEssentials
import Model
import PostgreSQL

/// How often callers have done what rules with a rate speak of: one row for each rule, caller and window.
struct RuleUseStore: Sendable {
  /// Ended windows that a call clears away, so that cleaning never becomes a long statement.
  private static let clearedAtOnce = 100

  /// A rule and the end of its window that is running.
  struct Window: Sendable {
    var rule: RuleID
    var endsAt: Date

    /// Windows follow each other without gaps, the same for every caller and replica.
    init(rule: RuleID, perSeconds: Int, now: Date) {
      self.rule = rule
      let number = (now.timeIntervalSince1970 / Double(perSeconds)).rounded(.down)
      endsAt = Date(timeIntervalSince1970: (number + 1) * Double(perSeconds))
    }
  }

  /// Counts one call for each rule and returns how many there were before it. The rows stay locked until the transaction
  /// ends, so that of calls at the same time each sees those before it. A rule that is no more is left out.
  func count(
    _ windows: [Window], by caller: String, in organization: OrganizationID, _ transaction: PostgresTransaction
  ) async throws -> [RuleID: Int] {
    let rows = try await transaction.query(
      """
      INSERT INTO rule_use (organization_id, rule_id, caller, ends_at, calls) \
      SELECT r.organization_id, r.rule_id, \(caller), w.ends_at, 1 \
      FROM unnest(\(windows.map(\.rule.rawValue))::text[], \(windows.map(\.endsAt))::timestamptz[]) AS w (id, ends_at) \
      JOIN rule r ON r.organization_id = \(organization) AND r.rule_id = w.id ORDER BY r.rule_id \
      ON CONFLICT (organization_id, rule_id, caller, ends_at) DO UPDATE SET calls = rule_use.calls + 1 \
      RETURNING rule_id, calls
      """)
    return try rows.reduce(into: [:]) { counts, row in
      counts[try row.id("rule_id")] = try row.get("calls", as: Int.self) - 1
    }
  }

  /// Takes back what ``count(_:by:in:_:)`` counted: the call does not go ahead.
  func takeBack(
    _ windows: [Window], by caller: String, in organization: OrganizationID, _ transaction: PostgresTransaction
  ) async throws {
    try await transaction.query(
      """
      UPDATE rule_use u SET calls = calls - 1 \
      FROM unnest(\(windows.map(\.rule.rawValue))::text[], \(windows.map(\.endsAt))::timestamptz[]) AS w (id, ends_at) \
      WHERE u.organization_id = \(organization) AND u.caller = \(caller) AND u.rule_id = w.id \
      AND u.ends_at = w.ends_at
      """)
  }

  /// Forgets windows that ended before a time.
  func clear(
    before time: Date, in organization: OrganizationID, _ transaction: PostgresTransaction
  ) async throws {
    try await transaction.query(
      """
      DELETE FROM rule_use WHERE ctid IN (SELECT ctid FROM rule_use WHERE organization_id = \(organization) \
      AND ends_at < \(time) LIMIT \(Self.clearedAtOnce) FOR UPDATE SKIP LOCKED)
      """)
  }
}
