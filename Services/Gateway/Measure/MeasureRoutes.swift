import Hummingbird
import Model
import ServiceKit

/// `GET /measure/echo`: the bare hop to the vault that `make bench` holds other calls against, without a caller, a
/// grant, a row or a secret. Off unless an operator turns it on.
struct MeasureRoutes: Sendable {
  /// `LANYARD_MEASURE_ROUTES`.
  enum Switch: String, CaseIterable, Sendable { case disabled, enabled }

  private let position: Switch

  init(_ settings: Settings) {
    position = settings.choice(
      "measure.routes", default: Switch.disabled, "Whether the route that make bench measures the bare hop with exists."
    )
  }

  func add(to router: ServiceRouter, peers: PeerClients) {
    guard position == .enabled else { return }
    router.get("/measure/echo") { _, _ in try PublicResponse.ok(try await peers.call(MeasureEndpoints.echo)).rendered }
  }
}
