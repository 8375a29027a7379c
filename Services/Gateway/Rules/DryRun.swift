import Model
import ServiceKit

/// A change that is only asked about, with `?dryRun=true`: the answer says what it would mean, and nothing is changed.
struct DryRun: Sendable {
  static let names: Set<String> = ["dryRun"]

  private let identity: CallerIdentity

  /// Nil where the change is to be made.
  init?(_ call: PublicCall) throws {
    guard try call.query.flag("dryRun") else { return nil }
    identity = call.identity
  }

  func impact(of change: ProposedChange, _ peers: PeerClients) async throws -> PublicResponse {
    try .ok(try await peers.call(ImpactEndpoints.show, identity.asking(change)))
  }
}
