import ArgumentParser
import PostgreSQL

/// Reads rows by primary key through the PostgreSQL client for a while, and says how fast, how late and at what cost.
///
/// The statement is the one that pgbench is given, in the same format: the key goes as text, the row comes back as text.
struct PostgreSQLCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "postgres", abstract: "Read rows by primary key through the PostgreSQL client.")

  @OptionGroup var database: DatabaseAddress

  @Option(help: "Tasks that ask at the same time.")
  var callers: Int

  @Option(help: "Seconds that are measured.")
  var seconds: Double

  @Option(help: "Keys go from 1 to this.")
  var rows: Int

  @Option(help: "The process id of the PostgreSQL server, for the time that it takes.")
  var server: Int32

  /// Seconds before the measurement: connections, the prepared statement, warm caches.
  private static let warmUpSeconds = 0.5

  /// What the driver reads.
  struct Findings: Codable {
    var callers: Int
    var queries: Int
    var seconds: Double
    var queriesPerSecond: Double
    var medianMilliseconds: Double
    var p99Milliseconds: Double
    /// Processor time per query, both sides, in microseconds.
    var clientMicroseconds: Double
    var serverMicroseconds: Double
  }

  func validate() throws {
    guard callers > 0, seconds > 0, rows > 0 else { throw ValidationError("Give positive numbers.") }
  }

  func run() async throws {
    try Report.write(try await database.withClient { try await measure($0) })
  }

  private func measure(_ client: PostgresClient) async throws -> Findings {
    let load = PrimaryKeyLoad(client: client, rows: rows, callers: callers)
    _ = try await load.run(for: .seconds(Self.warmUpSeconds))
    let before = (own: ProcessorTime.ofThisProcess, server: try ProcessorTime.ofServer(server))
    let result = try await load.run(for: .seconds(seconds))
    let after = (own: ProcessorTime.ofThisProcess, server: try ProcessorTime.ofServer(server))
    let count = Double(max(result.latencies.count, 1))
    let elapsed = result.elapsed / .seconds(1)
    return Findings(
      callers: callers, queries: result.latencies.count, seconds: elapsed,
      queriesPerSecond: Double(result.latencies.count) / elapsed,
      medianMilliseconds: result.milliseconds(atPercentile: 50), p99Milliseconds: result.milliseconds(atPercentile: 99),
      clientMicroseconds: (after.own - before.own) / .microseconds(1) / count,
      serverMicroseconds: (after.server - before.server) / .microseconds(1) / count)
  }
}
