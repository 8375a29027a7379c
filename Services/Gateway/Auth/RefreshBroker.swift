import Model
import ServiceKit
import SingleFlight

/// Has the exchanger refresh a Connection, once for all callers of this replica who need it at the same time.
struct RefreshBroker: Sendable {
  private struct Key: Hashable {
    var connectionId: ConnectionID
    var force: Bool
    /// Whose authority it is done under: nobody learns from another's refresh that a Connection exists.
    var organizationId: OrganizationID
    var userId: UserID?
    var scope: ConnectionScope?
  }

  let peers: PeerClients
  private let refreshes = SingleFlight<Key, RefreshOutcome>()

  init(peers: PeerClients) { self.peers = peers }

  /// Returns when new tokens are durable, or when somebody else is at it, or when there is nothing to refresh with: resolving again tells.
  ///
  /// - Throws: `provider_unavailable`, `reauthorization_required`, `integration_misconfigured`, `rate_limited`.
  @discardableResult
  func refresh(
    _ connectionId: ConnectionID, force: Bool, under access: ConnectionAccess, for caller: Caller
  ) async throws -> RefreshOutcome {
    let key = Key(
      connectionId: connectionId, force: force, organizationId: caller.organizationId, userId: caller.user?.id,
      scope: access.scope)
    return try await refreshes.run(key) {
      try await peers.call(
        RefreshEndpoints.refresh, RefreshConnection(connectionId: connectionId, force: force), grant: access.grant)
    }
  }
}
