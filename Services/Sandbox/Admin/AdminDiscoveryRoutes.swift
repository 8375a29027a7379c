import Hummingbird

/// Reads and replaces what is said to who comes with nothing but an address.
struct AdminDiscoveryRoutes: Sendable {
  let policy: LiveDiscovery

  /// Absent members take their standard values, so that a request says all that is unusual.
  struct Wanted: Decodable {
    var clientIdMetadata: Bool?
    var registration: Bool?
    var sendsIssuer: Bool?
    var offersProofKeys: Bool?
    var challengeNamesMetadata: Bool?
    var challengeNamesScope: Bool?
    var resource: String?
    var authorizationServers: [String]?

    var policy: DiscoveryPolicy {
      let standard = DiscoveryPolicy.standard
      return DiscoveryPolicy(
        clientIdMetadata: clientIdMetadata ?? standard.clientIdMetadata,
        registration: registration ?? standard.registration, sendsIssuer: sendsIssuer ?? standard.sendsIssuer,
        offersProofKeys: offersProofKeys ?? standard.offersProofKeys,
        challengeNamesMetadata: challengeNamesMetadata ?? standard.challengeNamesMetadata,
        challengeNamesScope: challengeNamesScope ?? standard.challengeNamesScope, resource: resource,
        authorizationServers: authorizationServers)
    }
  }

  func add(to group: RouterGroup<SandboxContext>) {
    group.get("discovery", use: show)
    group.put("discovery", use: replace)
  }

  @Sendable func show(_ request: Request, _ context: SandboxContext) throws -> Response {
    try .admin(policy.current)
  }

  @Sendable func replace(_ request: Request, _ context: SandboxContext) async throws -> Response {
    try policy.set(try await request.strictBody(Wanted.self).policy)
    return try .admin(policy.current)
  }
}
