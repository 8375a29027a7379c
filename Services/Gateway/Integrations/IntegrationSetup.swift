import Model
import ServiceKit

/// Owners' work on Integrations that takes more than one service: discovery before storing, a trial before rotating, the doctor.
struct IntegrationSetup: Sendable {
  let peers: PeerClients

  /// Fills in a custom provider's endpoints by discovery where they are missing, then stores the Integration.
  func create(_ request: CreateIntegration, for identity: CallerIdentity) async throws -> Integration {
    try identity.requireConfiguration()
    var request = request
    if request.provider == "custom" {
      guard let custom = request.custom else {
        throw ServiceError(.invalidRequest, "custom is missing: a custom provider needs at least custom.providerUrl.")
      }
      request.custom = try await peers.call(IntegrationEndpoints.discover, custom)
    }
    return try await peers.call(IntegrationEndpoints.create, identity.asking(request))
  }

  /// Tries the new secret at the provider, then stores it beside the old one.
  func rotate(
    _ id: IntegrationID, _ request: RotateClientSecret, for identity: CallerIdentity
  ) async throws -> Integration {
    try await requireAccepted(request.clientSecret, of: id, for: identity)
    return try await peers.call(IntegrationEndpoints.rotateSecret, identity.asking(Targeted(id, request)))
  }

  /// Tries a secret at the provider.
  ///
  /// - Throws: `integration_misconfigured` where the provider refuses it.
  func requireAccepted(_ secret: WireSecret, of id: IntegrationID, for identity: CallerIdentity) async throws {
    let checks = try await check(id, trying: secret, for: identity)
    let decisive: Set<String> = ["configuration", "token_endpoint", "client_credentials"]
    if let refusal = checks.first(where: { decisive.contains($0.name) && !$0.ok }) {
      throw ServiceError(.integrationMisconfigured, "The new secret was not stored: \(refusal.detail)")
    }
  }

  /// The provider doctor, with the stored secret or one that is to be tried.
  func check(
    _ id: IntegrationID, trying secret: WireSecret? = nil, for identity: CallerIdentity
  ) async throws -> [IntegrationCheck] {
    let access = try await peers.call(IntegrationEndpoints.authorizeCheck, identity.asking(Reference(id: id)))
    return try await peers.call(
      IntegrationEndpoints.check, CheckIntegration(client: access.client, clientSecret: secret), grant: access.grant)
  }
}

extension CallerIdentity {
  /// Spares the outside world a call that the policy service would refuse afterwards.
  ///
  /// - Throws: `forbidden` for members.
  func requireConfiguration() throws {
    guard caller.role.mayConfigure else {
      throw ServiceError(.forbidden, "Only owners and admins configure. Ask one of them.")
    }
  }
}
