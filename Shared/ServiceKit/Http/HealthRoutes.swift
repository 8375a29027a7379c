import Hummingbird
import Synchronization

/// `/healthz` (the process runs) and `/readyz` (it should get requests), before any middleware of the service's own.
final class HealthRoutes: Sendable {
  static let paths: Set<String> = ["/healthz", "/readyz", "/metrics"]

  /// Known once the service is put together; until then it is not ready.
  private let health = Mutex<Health?>(nil)

  func answer(for health: Health) { self.health.withLock { $0 = health } }

  func add(to router: some RouterMethods<AppRequestContext>) {
    router.get("/healthz") { _, _ -> Response in try .json(["status": "ok"]) }
    router.get("/readyz") { _, _ -> Response in
      let report = await self.health.withLock { $0 }?.report() ?? Health.Report(status: .notReady, checks: [:])
      return try .json(report, status: report.status == .ready ? .ok : .serviceUnavailable)
    }
  }
}
