import Logging
import Metrics
import PostgreSQL
import ServiceLifecycle

/// Shows operators how much work is due and how late it is, over all organizations. Nothing depends on it.
///
/// Work that is taken up is put off for the time of its claim, and work that failed until it is tried again: what stays due is work that
/// nobody takes. The pace that is set for each kind makes a crowd of it wait, which is no fault.
struct QueueWatch: Service {
  /// As often as Prometheus usually asks.
  private static let interval = Duration.seconds(15)

  private struct Series {
    let due: Gauge
    let lateSeconds: Gauge

    init(_ kind: String, _ metrics: any MetricsFactory) {
      due = Gauge(label: "vault_work_due", dimensions: [("kind", kind)], factory: metrics)
      lateSeconds = Gauge(label: "vault_work_late_seconds", dimensions: [("kind", kind)], factory: metrics)
    }

    func record(_ backlog: Backlog) {
      due.record(backlog.count)
      lateSeconds.record(backlog.lateSeconds)
    }
  }

  private let database: PostgresClient
  /// Nil where nothing is refreshed ahead of time: then nobody is meant to take what is due.
  private let refreshes: DueRefreshStore?
  private let logger: Logger
  private let work: [(kind: DueWork, series: Series)]
  private let dueRefreshes: Series
  private let pendingRevocations: Gauge

  init(database: PostgresClient, refreshes: DueRefreshStore?, metrics: any MetricsFactory, logger: Logger) {
    self.database = database
    self.refreshes = refreshes
    self.logger = logger
    work = DueWork.allCases.map { ($0, Series($0.rawValue, metrics)) }
    dueRefreshes = Series("refresh", metrics)
    pendingRevocations = Gauge(label: "vault_revocations_pending", factory: metrics)
  }

  func run() async throws {
    await cancelWhenGracefulShutdown {
      while !Task.isCancelled {
        await self.round()
        try? await Task.sleep(for: Self.interval)
      }
    }
  }

  /// Reads everything once. Figures stay as they were where the database gives none.
  func round() async {
    do {
      for (kind, series) in work { series.record(try await kind.backlog(database: database)) }
      if let refreshes { dueRefreshes.record(try await refreshes.backlog()) }
      pendingRevocations.record(try await DueWork.revocation.pending(database: database))
    } catch {
      guard !Task.isCancelled else { return }
      logger.warning("the waiting work could not be counted", metadata: ["type": "\(type(of: error))"])
    }
  }
}
