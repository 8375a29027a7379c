import Foundation
import Model
import ServiceKit
import SingleFlight

/// Knows who a credential belongs to, by asking the policy service once per credential and change.
struct CallerDirectory: Sendable {
  /// Seconds that an answer is kept at most; the change feed withdraws it earlier.
  private static let maximumSeconds = 30.0

  let peers: PeerClients
  let cache: FeedBoundCache<CredentialDigest, Caller>
  private let questions = SingleFlight<AskedQuestion<CredentialDigest>, Caller>()

  init(peers: PeerClients, cache: FeedBoundCache<CredentialDigest, Caller>) {
    self.peers = peers
    self.cache = cache
  }

  /// - Throws: `unauthenticated` for a credential that is unknown, ended or revoked.
  func caller(_ credential: CredentialDigest) async throws -> Caller {
    if let known = cache.value(for: credential) { return known }
    let epoch = cache.epoch
    return try await questions.run(AskedQuestion(question: credential, epoch: epoch)) {
      let caller = try await peers.call(SessionEndpoints.verify, OnBehalf(credential.onTheWire, Empty()))
      let limit = Date.now.addingTimeInterval(Self.maximumSeconds)
      cache.keep(
        caller, for: credential, organizationId: caller.organizationId, until: min(limit, caller.expiresAt ?? limit),
        askedIn: epoch)
      return caller
    }
  }
}
