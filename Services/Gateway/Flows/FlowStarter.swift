import Model
import ServiceKit

/// What a new flow is to achieve.
struct FlowWish: Sendable {
  var application: ApplicationDescription?
  /// Asked for by the Application; the Integration's defaults when absent.
  var scopes: [String]?
  /// The Connection that is to be authorized again, with the union of scopes.
  var again: Connection?
  /// The MCP server that the tokens are for.
  var mcpServerId: MCPServerID?
}

/// Begins flows and says where the person goes.
struct FlowStarter: Sendable {
  let peers: PeerClients
  let publicURL: PublicURL
  /// Each flow is a row in the vault and a page that asks a person for consent.
  let limits: CallerLimits
  let consents: ConsentDescriber

  /// Begins a flow under the first Integration of the access, or the one that the Connection to be authorized again belongs to.
  ///
  /// - Throws: `integration_not_found`, `forbidden` for an API key, `rate_limited`.
  func start(_ wish: FlowWish, under access: ConnectionAccess, for identity: CallerIdentity) async throws -> Flow {
    let integration = access.integrations.first { wish.again == nil || $0.id == wish.again?.integrationId }
    guard let integration else {
      throw ServiceError(
        .integrationNotFound, "No Integration is set up for this provider. An owner or admin must add one first.")
    }
    guard let user = identity.caller.user else {
      throw ServiceError(.forbidden, "Connecting an account needs a member's session, not an API key.")
    }
    try limits.take(user.id, in: identity.caller.organizationId)
    let facts = try await peers.call(
      FlowEndpoints.create,
      CreateFlow(
        integrationId: integration.id, scopes: Self.scopes(wish, of: integration), application: wish.application,
        integrationName: integration.name, provider: integration.provider, providerName: integration.providerName,
        providerUrl: integration.providerUrl, organizationName: identity.caller.organizationName,
        userDisplay: user.email ?? user.name ?? user.externalId, connectionId: wish.again?.id,
        accountHint: wish.again?.displayIdentifier, mcpServerId: wish.mcpServerId),
      grant: access.grant)
    return Flow(
      id: facts.id, url: publicURL.connectPage(facts.id), expiresAt: facts.expiresAt,
      consent: consents.consent(for: facts.request))
  }

  /// Wanted or default scopes, those that the Connection already has, and those that tell who the account is; in this order, each once.
  static func scopes(_ wish: FlowWish, of integration: ConnectionAccess.IntegrationSummary) -> [String] {
    var seen: Set<String> = []
    let wanted = wish.scopes.flatMap { $0.isEmpty ? nil : $0 } ?? integration.defaultScopes
    // What was granted before is asked for again as far as the ceiling still allows it: it may have been lowered, and providers rename scopes.
    let allowed = integration.maximumScopes.map { Set($0).union(integration.identityScopes) }
    let held = (wish.again?.scopes ?? []).filter { allowed?.contains($0) ?? true }
    return (wanted + held + integration.identityScopes).filter { seen.insert($0).inserted }
  }
}
