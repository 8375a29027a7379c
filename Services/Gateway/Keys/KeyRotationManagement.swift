import Model
import ServiceKit

/// Rotations of the organization's key, and how they stand.
struct KeyRotationManagement: Sendable {
  let peers: PeerClients
  let access: AccessBroker

  /// For owners, after a fresh sign-in where they use a browser.
  func begin(for identity: CallerIdentity) async throws -> KeyRotationReport {
    let access = try await access.access(identity, purposes: [.rotateKeys])
    // The policy service has looked as well; a grant that is kept for a while must not outlive the proof.
    try identity.caller.requireStepUp()
    return try await peers.call(KeyRotationEndpoints.begin, Empty(), grant: access.grant)
  }

  func show(_ id: KeyRotationID, for identity: CallerIdentity) async throws -> KeyRotationReport {
    let access = try await access.access(identity, purposes: [.followKeys])
    return try await peers.call(KeyRotationEndpoints.show, Reference(id: id), grant: access.grant)
  }

  func list(_ page: PageRequest, for identity: CallerIdentity) async throws -> Page<KeyRotationReport> {
    let access = try await access.access(identity, purposes: [.followKeys])
    return try await peers.call(KeyRotationEndpoints.list, page, grant: access.grant)
  }
}
