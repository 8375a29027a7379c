/// Refreshes ahead of time, without a caller: the vault knows which Connections are due, and gives out no more of them than its rate allows.
extension RefreshEndpoints {
  /// Leases of Connections that are due. Needs no grant: what is due, and how much of it goes out, is the vault's decision alone.
  public static let claim = Endpoint<ClaimRefreshes, [DueRefresh]>(
    .vault, .post, "/internal/refreshes/claim", callers: [.exchanger], timeoutSeconds: 35)
}

/// Asks for refreshes that are due; waits for the first.
public struct ClaimRefreshes: Codable, Sendable {
  public var limit: Int
  public var waitSeconds: Int

  public init(limit: Int, waitSeconds: Int) {
    self.limit = limit
    self.waitSeconds = waitSeconds
  }
}

/// One Connection that is due, with the lease that ``RefreshEndpoints/begin`` would have given to a caller.
public struct DueRefresh: Codable, Sendable {
  public var connectionId: ConnectionID
  public var lease: RefreshLease.Lease

  public init(connectionId: ConnectionID, lease: RefreshLease.Lease) {
    self.connectionId = connectionId
    self.lease = lease
  }
}

/// What the exchanger, which knows the catalogue, lets the vault know of how tokens are renewed: members of a ``TokenSet``'s metadata. No
/// provider's answer can set them.
public enum RenewalFacts {
  /// Whole days after which the provider forgets a refresh token that nobody used.
  public static let idleDays = "refreshTokenIdleDays"
}
