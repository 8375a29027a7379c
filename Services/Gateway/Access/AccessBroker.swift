import Foundation
import Model
import ServiceKit
import SingleFlight

/// Gets grants from the policy service, once per credential and question, and keeps them until shortly before they end.
struct AccessBroker: Sendable {
  /// Seconds before its end at which a grant is no longer used: it must live through the call that it is for.
  private static let reserveSeconds = 20.0

  /// A question to the policy service, as a key.
  struct Question: Hashable, Sendable {
    var credential: CredentialDigest
    var providerUrl: String?
    var integrationId: IntegrationID?
    var application: ApplicationDescription?
    var purposes: Set<Grant.Purpose>
    var scopes: [String]?
  }

  let peers: PeerClients
  let cache: FeedBoundCache<Question, ConnectionAccess>
  private let questions = SingleFlight<AskedQuestion<Question>, ConnectionAccess>()

  init(peers: PeerClients, cache: FeedBoundCache<Question, ConnectionAccess>) {
    self.peers = peers
    self.cache = cache
  }

  /// A grant for an Application.
  func access(
    _ identity: CallerIdentity, application: ApplicationDescription, providerUrl: String? = nil,
    integrationId: IntegrationID? = nil, purposes: Set<Grant.Purpose>, scopes: [String]? = nil
  ) async throws -> ConnectionAccess {
    try await access(
      Question(
        credential: identity.credential, providerUrl: providerUrl, integrationId: integrationId,
        application: application, purposes: purposes, scopes: scopes),
      organizationId: identity.caller.organizationId)
  }

  /// A grant for a person who manages what is their own, or for an administrator.
  func access(_ identity: CallerIdentity, purposes: Set<Grant.Purpose>) async throws -> ConnectionAccess {
    try await access(
      Question(credential: identity.credential, purposes: purposes), organizationId: identity.caller.organizationId)
  }

  private func access(_ question: Question, organizationId: OrganizationID) async throws -> ConnectionAccess {
    if let known = cache.value(for: question) { return known }
    let epoch = cache.epoch
    return try await questions.run(AskedQuestion(question: question, epoch: epoch)) {
      let access = try await peers.call(
        AccessEndpoints.authorize, OnBehalf(question.credential.onTheWire, question.request))
      cache.keep(
        access, for: question, organizationId: organizationId,
        until: access.grant.expiresAt.addingTimeInterval(-Self.reserveSeconds), askedIn: epoch)
      return access
    }
  }
}

extension AccessBroker.Question {
  fileprivate var request: AccessRequest {
    AccessRequest(
      providerUrl: providerUrl, integrationId: integrationId, application: application, purposes: purposes,
      scopes: scopes)
  }
}
