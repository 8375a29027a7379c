import Logging
import Model
import ServiceLifecycle

/// Tells organizations when a provider does not answer, and when it does again: once each, not once for every Connection.
///
/// Any number of vaults may do so at once, and one that stops in the middle is made up for by the next look.
struct IncidentHerald: Service {
  /// Between two looks: people learn of an incident within seconds, and the table has a row per provider.
  private static let interval = Duration.seconds(2)

  let incidents: IncidentStore
  let seal: Seal
  let logger: Logger

  func run() async throws {
    await cancelWhenGracefulShutdown {
      while !Task.isCancelled {
        await self.round()
        try? await Task.sleep(for: Self.interval)
      }
    }
  }

  private func round() async {
    guard seal.reason == nil else { return }
    do {
      for turn in try await incidents.turns() {
        var last: OrganizationID?
        repeat {
          let page = try await incidents.tenants(of: turn.place, after: last)
          for organization in page { try await incidents.tell(organization, turn) }
          last = page.last
        } while last != nil
        try await incidents.close(turn)
      }
    } catch is CancellationError {
      return
    } catch {
      logger.warning("a provider's incident could not be told yet", metadata: ["type": "\(type(of: error))"])
    }
  }
}
