import FoundationEssentials
import Logging
import Model
import PostgreSQL
import ServiceLifecycle
import Synchronization

/// Writes down when Connections were last used: at most once a minute for each, and never while a caller waits.
final class LastUses: Service {
  /// People read "used a minute ago": finer is not worth a write per release.
  static let resolutionSeconds = 60.0
  private static let interval: Duration = .seconds(5)
  /// Uses held at most; beyond, they are dropped, since the next use notes the same again.
  private static let capacity = 50_000

  private struct Key: Hashable {
    var organization: String
    var connection: String
  }

  private let database: PostgresClient
  private let logger: Logger
  private let pending = Mutex<[Key: Date]>([:])

  init(database: PostgresClient, logger: Logger) {
    self.database = database
    self.logger = logger
  }

  func note(_ record: ConnectionRecord) {
    if let last = record.connection.lastUsedAt, record.now.timeIntervalSince(last) < Self.resolutionSeconds { return }
    let key = Key(organization: record.organizationId.rawValue, connection: record.id.rawValue)
    pending.withLock { pending in
      if pending.count < Self.capacity { pending[key] = record.now }
    }
  }

  func run() async throws {
    await cancelWhenGracefulShutdown {
      while !Task.isCancelled {
        try? await Task.sleep(for: Self.interval)
        await self.flush()
      }
    }
    await flush()
  }

  /// Writes what was noted, one statement per organization.
  func flush() async {
    let noted = pending.withLock { pending in
      defer { pending = [:] }
      return pending
    }
    for (organization, uses) in Dictionary(grouping: noted, by: \.key.organization) {
      do {
        try await database.execute(
          in: VaultSchema.context(organization),
          """
          UPDATE connection SET last_used_at = greatest(last_used_at, used.at)
          FROM unnest(\(uses.map(\.key.connection))::text[], \(uses.map(\.value))::timestamptz[]) AS used (id, at)
          WHERE organization_id = \(organization) AND connection.id = used.id
          """)
      } catch {
        logger.debug("last uses not written", metadata: ["type": "\(type(of: error))"])
      }
    }
  }
}
