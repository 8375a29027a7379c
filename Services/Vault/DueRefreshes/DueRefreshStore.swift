import FoundationEssentials
import Model
import PostgreSQL

/// The due queue, and the pace at which it is given out. It holds ids and times only, since it is claimed across organizations; the work
/// itself happens inside the organization that an entry names.
struct DueRefreshStore: Sendable {
  static let worker = SessionContext(setting: "lanyard.worker", value: "due-refreshes")

  /// The rows whose time has come, the longest overdue first; asked for like ``DueWork/due``.
  static let due: SQL = "FROM due_refresh WHERE due_at <= statement_timestamp() ORDER BY due_at"

  /// A Connection whose time has come.
  struct Entry: Sendable {
    var organization: OrganizationID
    var connection: ConnectionID
    /// Of the tokens that the time was reckoned for.
    var generation: Int64
    var reason: RefreshSchedule.Reason
  }

  /// What a claim found.
  struct Claim: Sendable {
    var entries: [Entry]
    /// Seconds until the pace allows another one; nil when it was not the pace that ended the claim.
    var waitSeconds: Double?
  }

  let database: PostgresClient

  // MARK: Claiming

  /// Takes the longest overdue entries that the pace allows. They come up again after some seconds, should nobody see to them. Replicas
  /// that claim at once get different ones.
  func claim(limit: Int, perSecond: Double, holdSeconds: Double) async throws -> Claim {
    try await database.transaction(in: Self.worker) { transaction in
      let pace = try await transaction.query(
        """
        SELECT least(\(Self.burst(perSecond)), budget
          + \(perSecond) * greatest(extract(epoch FROM clock_timestamp() - budget_at)::double precision, 0)) AS budget
        FROM refresh_pace FOR UPDATE
        """
      ).first
      let budget = try pace?.get("budget", as: Double.self) ?? 0
      guard budget >= 1 else { return Claim(entries: [], waitSeconds: (1 - budget) / perSecond) }
      let entries = try await take(min(limit, Int(budget)), holdSeconds, transaction)
      if !entries.isEmpty {
        try await transaction.query(
          "UPDATE refresh_pace SET budget = \(budget - Double(entries.count)), budget_at = clock_timestamp()")
      }
      return Claim(entries: entries)
    }
  }

  /// As many at once as a second gives.
  private static func burst(_ perSecond: Double) -> Double { max(perSecond, 1) }

  /// Materialized: as a plain subquery, a plan may run the selection once for each row, and each run takes as many again.
  private func take(_ limit: Int, _ holdSeconds: Double, _ transaction: PostgresTransaction) async throws -> [Entry] {
    try await transaction.query(
      """
      WITH due AS MATERIALIZED (
        SELECT organization_id, connection_id \(Self.due) LIMIT \(limit) FOR UPDATE SKIP LOCKED)
      UPDATE due_refresh SET due_at = clock_timestamp() + make_interval(secs => \(holdSeconds))
      WHERE (organization_id, connection_id) IN (SELECT organization_id, connection_id FROM due)
      RETURNING organization_id, connection_id, generation, reason
      """
    ).map { row in
      Entry(
        organization: OrganizationID(rawValue: try row.get("organization_id")),
        connection: ConnectionID(rawValue: try row.get("connection_id")), generation: try row.get("generation"),
        reason: try Stored.value(of: "reason", in: row))
    }
  }

  /// Gives back to the pace what was claimed and needed no refresh.
  func giveBack(_ count: Int) async throws {
    try await database.execute(in: Self.worker, "UPDATE refresh_pace SET budget = budget + \(Double(count))")
  }

  // MARK: Writing

  /// Puts a Connection down for its next time, in the transaction that stores its tokens; takes it out when it has none.
  func schedule(
    _ schedule: RefreshSchedule?, of id: ConnectionID, generation: Int64, in organization: OrganizationID,
    transaction: PostgresTransaction
  ) async throws {
    guard let schedule else {
      try await transaction.query(
        """
        DELETE FROM due_refresh WHERE organization_id = \(organization.rawValue) AND connection_id = \(id.rawValue)
        """)
      return
    }
    try await transaction.query(
      """
      INSERT INTO due_refresh (organization_id, connection_id, generation, reason, due_at)
      VALUES (\(organization.rawValue), \(id.rawValue), \(generation), \(schedule.reason.rawValue), \(schedule.due))
      ON CONFLICT (organization_id, connection_id) DO UPDATE SET generation = excluded.generation,
        reason = excluded.reason, due_at = excluded.due_at
      """)
  }

  func schedule(_ record: ConnectionRecord, transaction: PostgresTransaction) async throws {
    try await schedule(
      try RefreshSchedule.next(record, jitter: .random(in: 0..<1)), of: record.id, generation: record.generation,
      in: record.organizationId, transaction: transaction)
  }

  /// Moves an entry, unless newer tokens have a time of their own by now.
  ///
  /// - Parameter generation: of the tokens that the new time was reckoned for.
  func move(_ entry: Entry, to schedule: RefreshSchedule, generation: Int64) async throws {
    try await database.execute(
      in: VaultSchema.context(entry.organization.rawValue),
      """
      UPDATE due_refresh SET generation = \(generation), reason = \(schedule.reason.rawValue), due_at = \(schedule.due)
      WHERE organization_id = \(entry.organization.rawValue) AND connection_id = \(entry.connection.rawValue)
        AND generation = \(entry.generation)
      """)
  }

  func putOff(_ entry: Entry, seconds: Double) async throws {
    try await database.execute(
      in: VaultSchema.context(entry.organization.rawValue),
      """
      UPDATE due_refresh SET due_at = clock_timestamp() + make_interval(secs => \(seconds))
      WHERE organization_id = \(entry.organization.rawValue) AND connection_id = \(entry.connection.rawValue)
        AND generation = \(entry.generation)
      """)
  }

  func forget(_ entry: Entry) async throws {
    try await database.execute(
      in: VaultSchema.context(entry.organization.rawValue),
      """
      DELETE FROM due_refresh WHERE organization_id = \(entry.organization.rawValue)
        AND connection_id = \(entry.connection.rawValue) AND generation = \(entry.generation)
      """)
  }
}
