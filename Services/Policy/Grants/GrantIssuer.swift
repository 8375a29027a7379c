import FoundationEssentials
import Model
import ServiceTokens

/// Makes the policy service's grants: each for what was decided, in the hands of the services that need it, for a
/// minute.
struct GrantIssuer: Sendable {
  let signer: GrantSigner
  let now: @Sendable () -> Date

  /// The services that may present a grant with these purposes. A token may be due for a refresh, so a release goes
  /// on to the exchanger, and so does the check of an Integration; everything else goes from the gateway to the
  /// vault.
  static func presenters(for purposes: Set<Grant.Purpose>) -> Set<ServiceName> {
    purposes.isDisjoint(with: [.release, .verify]) ? [.gateway] : [.gateway, .exchanger]
  }

  /// A grant for what a caller asked and a decision allowed.
  func access(
    _ principal: Principal, actor: Actor, purposes: Set<Grant.Purpose>, integrations: [IntegrationID]?,
    scope: ConnectionScope?
  ) throws -> IssuedGrant {
    try issue(
      principal.organizationId, user: principal.caller.user?.id, actor: actor, purposes: purposes,
      integrations: integrations, scope: scope, presenters: Self.presenters(for: purposes))
  }

  /// A grant that carries one flow through.
  func flow(_ facts: FlowFacts) throws -> IssuedGrant {
    try issue(
      facts.organizationId, user: facts.userId, actor: facts.actor, purposes: [.authorize],
      integrations: [facts.request.integrationId], scope: facts.scope, flow: facts.id, presenters: [.exchanger])
  }

  /// A grant under which this service itself writes or destroys the secret of one Integration.
  func writeSecret(_ integration: IntegrationID, of organization: OrganizationID, actor: Actor) throws -> IssuedGrant {
    try issue(
      organization, user: nil, actor: actor, purposes: [.writeSecret], integrations: [integration], scope: nil,
      presenters: [.policy])
  }

  /// A grant under which this service itself writes or destroys the static token of one MCP server.
  func writeStaticToken(_ server: MCPServerID, of organization: OrganizationID, actor: Actor) throws -> IssuedGrant {
    try issue(
      organization, user: nil, actor: actor, purposes: [.writeSecret], integrations: [], scope: .server(server),
      presenters: [.policy])
  }

  /// A grant under which this service itself writes, destroys or signs with the secret of one webhook.
  func webhook(
    _ webhook: WebhookID, of organization: OrganizationID, actor: Actor, purpose: Grant.Purpose
  ) throws -> IssuedGrant {
    try issue(
      organization, user: nil, actor: actor, purposes: [purpose], integrations: [], scope: nil, webhook: webhook,
      presenters: [.policy])
  }

  /// A grant under which the exchanger uses the secret of an identity provider's client, for one sign-in.
  func signIn(_ secret: IntegrationID, of organization: OrganizationID) throws -> IssuedGrant {
    try issue(
      organization, user: nil, actor: Actor(kind: .service, id: ServiceName.policy.rawValue), purposes: [.verify],
      integrations: [secret], scope: nil, presenters: [.exchanger])
  }

  /// A grant under which this service itself counts or revokes Connections.
  func administer(_ organization: OrganizationID, actor: Actor) throws -> IssuedGrant {
    try issue(
      organization, user: nil, actor: actor, purposes: [.administer], integrations: nil, scope: nil,
      presenters: [.policy])
  }

  private func issue(
    _ organization: OrganizationID, user: UserID?, actor: Actor, purposes: Set<Grant.Purpose>,
    integrations: [IntegrationID]?, scope: ConnectionScope?, flow: FlowID? = nil, webhook: WebhookID? = nil,
    presenters: Set<ServiceName>
  ) throws -> IssuedGrant {
    // Whole milliseconds, as times stand on the wire: rounded otherwise, a grant could seem to live a millisecond too
    // long.
    let issuedAt = Date(timeIntervalSince1970: (now().timeIntervalSince1970 * 1_000).rounded(.down) / 1_000)
    let grant = Grant(
      organizationId: organization, userId: user, actor: actor, purposes: purposes, integrationIds: integrations,
      scope: scope, flowId: flow, webhookId: webhook, presenters: presenters, issuedAt: issuedAt,
      expiresAt: issuedAt.addingTimeInterval(Double(Grant.maximumLifetimeSeconds)))
    return IssuedGrant(id: grant.id, signed: try signer.sign(grant))
  }
}

/// A signed grant with the id that audit rows name it by.
struct IssuedGrant: Sendable {
  var id: GrantID
  var signed: SignedGrant
}
