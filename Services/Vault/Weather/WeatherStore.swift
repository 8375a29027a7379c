import FoundationEssentials
import PostgreSQL

/// The weather of every provider, shared by all vaults: one row per provider, changed under its lock and by the database's clock.
struct WeatherStore: Sendable {
  let database: PostgresClient

  /// Changes the weather at a place and returns what the change says.
  ///
  /// The row stays locked until the transaction ends: do nothing after this but commit.
  func change<Value: Sendable>(
    _ place: String, _ limit: ProviderWeather.Limit, in transaction: PostgresTransaction,
    _ change: (inout ProviderWeather, Date) -> Value
  ) async throws -> Value {
    let (before, now) = try await locked(place, limit, transaction)
    var weather = before
    let value = change(&weather, now)
    if weather != before { try await write(weather, at: place, transaction) }
    return value
  }

  /// Notes a caller who was sent away, unless one was noted just now: of a crowd, one writes.
  func noteCaller(at place: String, in context: SessionContext) async throws {
    try await database.execute(
      in: context,
      """
      UPDATE provider_weather SET caller_at = clock_timestamp() WHERE place = \(place) AND (caller_at IS NULL
        OR caller_at <= clock_timestamp() - make_interval(secs => \(ProviderWeather.callerResolutionSeconds)))
      """)
  }

  private func locked(
    _ place: String, _ limit: ProviderWeather.Limit, _ transaction: PostgresTransaction
  ) async throws -> (ProviderWeather, Date) {
    if let row = try await read(place, transaction) { return row }
    try await transaction.query(
      """
      INSERT INTO provider_weather (place, budget) VALUES (\(place), \(limit.burst)) ON CONFLICT (place) DO NOTHING
      """)
    guard let row = try await read(place, transaction) else { throw WeatherLost() }
    return row
  }

  private func read(_ place: String, _ transaction: PostgresTransaction) async throws -> (ProviderWeather, Date)? {
    try await transaction.query(
      """
      SELECT state, since, budget, budget_at, answered, failed, window_at, next_probe_at, not_before,
        sweep_budget, caller_at, clock_timestamp() AS now
      FROM provider_weather WHERE place = \(place) FOR UPDATE
      """
    ).first.map { (try ProviderWeather($0), try $0.get("now")) }
  }

  private func write(_ weather: ProviderWeather, at place: String, _ transaction: PostgresTransaction) async throws {
    try await transaction.query(
      """
      UPDATE provider_weather SET state = \(weather.state.rawValue), since = \(weather.since),
        budget = \(weather.budget), budget_at = \(weather.budgetAt), answered = \(weather.answered),
        failed = \(weather.failed), window_at = \(weather.windowAt), next_probe_at = \(weather.nextProbeAt),
        not_before = \(weather.notBefore), sweep_budget = \(weather.sweepBudget), caller_at = \(weather.callerAt)
      WHERE place = \(place)
      """)
  }

  /// The row was taken away between two statements of one transaction, which nothing does.
  private struct WeatherLost: Error {}
}

extension ProviderWeather {
  fileprivate init(_ row: PostgresRow) throws {
    self.init(Limit(perSecond: 0), at: try row.get("since"))
    state = try Stored.value(of: "state", in: row)
    budget = try row.get("budget")
    budgetAt = try row.get("budget_at")
    answered = try row.get("answered")
    failed = try row.get("failed")
    windowAt = try row.get("window_at")
    nextProbeAt = try row.get("next_probe_at")
    notBefore = try row.get("not_before")
    sweepBudget = try row.get("sweep_budget")
    callerAt = try row.get("caller_at")
  }
}
