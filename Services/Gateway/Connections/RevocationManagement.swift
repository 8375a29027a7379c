import Model
import ServiceKit

/// Revocations as jobs with proof.
struct RevocationManagement: Sendable {
  let peers: PeerClients
  let access: AccessBroker

  /// `POST /v1/revocations`: owners and admins.
  func create(_ request: CreateRevocation, for identity: CallerIdentity) async throws -> StartedRevocation {
    try request.validate()
    if request.all == true { try identity.caller.requireStepUp() }
    let access = try await access.access(identity, purposes: [.administer])
    return try await peers.call(RevocationEndpoints.create, request, grant: access.grant)
  }

  /// Owners and admins see every one, a member those that they began.
  func report(_ query: RevocationQuery, for identity: CallerIdentity) async throws -> RevocationReport {
    let purpose: Grant.Purpose = identity.caller.role.mayConfigure ? .administer : .revoke
    let access = try await access.access(identity, purposes: [purpose])
    return try await peers.call(RevocationEndpoints.report, query, grant: access.grant)
  }
}

extension CreateRevocation {
  /// - Throws: `invalid_request` unless exactly one target is named.
  func validate() throws {
    let named = [userId != nil, integrationId != nil, mcpServerId != nil, all == true].count { $0 }
    guard named == 1, all != false else {
      throw ServiceError(.invalidRequest, "Give exactly one of userId, integrationId, mcpServerId and all: true.")
    }
  }
}
