public import FoundationEssentials
public import Model
public import ServiceTokens

/// A key for every service, in memory, each pinned by all.
public struct TestServiceKeys: Sendable {
  /// The pinned public keys.
  public let keySet: ServiceKeySet
  private let keys: [ServiceName: ServiceKey]

  public init() throws {
    let keys = ServiceName.allCases.map { ServiceKey.generate(for: $0) }
    keySet = try ServiceKeySet(keys.map(\.publicKey))
    self.keys = Dictionary(uniqueKeysWithValues: keys.map { ($0.service, $0) })
  }

  /// The private key of a service.
  public func key(of service: ServiceName) -> ServiceKey { keys[service]! }

  /// What a service proves itself with.
  public func credentials(
    of service: ServiceName, now: @escaping @Sendable () -> Date = { Date() }
  ) -> ServiceCredentials {
    ServiceCredentials(key: key(of: service), keys: keySet, now: now)
  }

  /// A token by which one service proves itself to another.
  public func token(from service: ServiceName, to audience: ServiceName) throws -> Secret<String> {
    try ServiceTokenIssuer(key: key(of: service)).token(for: audience)
  }

  /// Signs grants as the policy service does.
  public var grantSigner: GrantSigner { GrantSigner(key: key(of: .policy)) }

  /// A signed grant that lives for half a minute.
  public func grant(
    organizationId: OrganizationID = .random(), userId: UserID? = .random(), actor: Actor = Actor(kind: .member),
    purposes: Set<Grant.Purpose>, integrationIds: [IntegrationID]? = nil, scope: ConnectionScope? = nil,
    flowId: FlowID? = nil, presenters: Set<ServiceName> = [.gateway]
  ) throws -> SignedGrant {
    let now = Date()
    return try grantSigner.sign(
      Grant(
        organizationId: organizationId, userId: userId, actor: actor, purposes: purposes,
        integrationIds: integrationIds, scope: scope, flowId: flowId, presenters: presenters, issuedAt: now,
        expiresAt: now + 30))
  }
}
