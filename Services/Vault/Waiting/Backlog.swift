import PostgreSQL

/// Work whose time has come and that nobody has taken up.
struct Backlog: Sendable {
  /// Rows that are counted at most: beyond it a number says nothing more, and the counting would cost as much as the work.
  static let countedAtMost = 10_000

  var count: Int
  /// Seconds that the longest overdue piece has waited; 0 when nothing is due.
  var lateSeconds: Double

  init(_ rows: [PostgresRow]) throws {
    count = Int(try rows.first?.get("count", as: Int64.self) ?? 0)
    lateSeconds = try rows.first?.get("late", as: Double.self) ?? 0
  }
}

extension DueWork {
  func backlog(database: PostgresClient) async throws -> Backlog {
    try Backlog(
      await database.read(
        """
        SELECT count(*), coalesce(extract(epoch FROM clock_timestamp() - min(due_at)), 0)::double precision AS late FROM (
          SELECT due_at \(due) LIMIT \(Backlog.countedAtMost)) AS due
        """))
  }

  /// Pieces that are not finished, due or not.
  func pending(database: PostgresClient) async throws -> Int {
    let rows = try await database.read(
      "SELECT count(*) FROM (SELECT FROM due_work WHERE kind = \(rawValue) LIMIT \(Backlog.countedAtMost)) AS pending")
    return Int(try rows.first?.get("count", as: Int64.self) ?? 0)
  }
}

extension DueRefreshStore {
  func backlog() async throws -> Backlog {
    try Backlog(
      await database.read(
        in: Self.worker,
        """
        SELECT count(*), coalesce(extract(epoch FROM clock_timestamp() - min(due_at)), 0)::double precision AS late FROM (
          SELECT due_at \(Self.due) LIMIT \(Backlog.countedAtMost)) AS due
        """))
  }
}
