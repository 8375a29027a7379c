import Model
import ServiceKit

/// The vault's end of the bare hop that `make bench` holds other calls against. Off unless an operator turns it on.
struct MeasureRoutes: Sendable {
  /// `LANYARD_MEASURE_ROUTES`.
  enum Switch: String, CaseIterable, Sendable { case disabled, enabled }

  private let position: Switch

  init(_ settings: Settings) {
    position = settings.choice(
      "measure.routes", default: Switch.disabled, "Whether the route that make bench measures the bare hop with exists."
    )
  }

  func add(to router: ServiceRouter) {
    guard position == .enabled else { return }
    router.serve(MeasureEndpoints.echo) { _ in Empty() }
  }
}
