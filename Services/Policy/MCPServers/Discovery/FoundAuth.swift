import FoundationEssentials
import Model

/// A decided discovery, ready to be stored with its MCP server.
struct FoundAuth: Sendable {
  var discovered: MCPServer.Discovered
  var integrationId: IntegrationID
  /// Nil where the Integration is there already.
  var integration: IntegrationRecord?
  var secret: WireSecret?
  /// What a Connection must cover, unless the owner says otherwise; nil for the Integration's default scopes.
  var scopes: [String]?

  /// Gives a server's definition what was found.
  func apply(to record: inout MCPServerRecord) {
    record.auth.integrationId = integrationId
    record.auth.scopes = record.auth.scopes ?? scopes
    record.discovered = discovered
    record.configError = nil
  }
}

/// Makes ``FoundAuth`` of what gateway and exchanger bring back.
struct FoundAuthMaker: Sendable {
  let integrations: IntegrationStore
  let providers: ProviderDirectory
  let client: OwnClient

  /// - Parameter scopes: what the owner asked for.
  /// - Throws: `invalid_request` for a discovery that was not decided, `conflict` where the Integration is not there any more.
  func make(
    _ found: AdoptDiscovery, for server: MCPServerID, name: String, scopes: [String]?, in organization: OrganizationID
  ) async throws -> FoundAuth {
    let discovery = found.discovery
    guard let way = discovery.registration, let id = discovery.integrationId, let resource = discovery.resource,
      let custom = discovery.authorizationServer, let issuer = custom.issuer, discovery.problem == nil
    else { throw ServiceError(.invalidRequest, "The discovery did not come to a decision.") }
    try TextRules.check(resource, field: "discovery.resource", maximum: PolicyLimits.issuerLength)
    try TextRules.check(issuer, field: "discovery.authorizationServer.issuer", maximum: PolicyLimits.issuerLength)
    let now = Date()
    var result = FoundAuth(
      discovered: MCPServer.Discovered(issuer: issuer, resource: resource, discoveredAt: now), integrationId: id,
      integration: nil, secret: nil, scopes: scopes ?? discovery.scopes)
    if let existing = try await integrations.find(id, in: organization) {
      guard providers.issuer(of: existing) == issuer, existing.mcpServerId == nil || existing.mcpServerId == server
      else { throw Self.gone }
      if scopes == nil, way == .manual { result.scopes = Self.within(existing, discovery, providers) }
      return result
    }
    guard way != .manual else { throw Self.gone }
    result.secret = found.client?.clientSecret
    result.integration = try record(id, way, custom, found.client, result.scopes, name, server, organization, at: now)
    return result
  }

  private static let gone = ServiceError(
    .conflict, "The Integration for this authorization server has changed in the meantime. Try again.")

  /// What a server only lists is asked for as far as the Integration's ceiling goes; what it demanded was held against it before.
  private static func within(
    _ integration: IntegrationRecord, _ discovery: MCPServerDiscovery, _ providers: ProviderDirectory
  ) -> [String]? {
    if let challenged = discovery.challengedScopes { return challenged }
    let ceiling = AccessQuestion.Candidate(integration, providers)
    return discovery.supportedScopes.map { listed in listed.filter { ceiling.excess([$0]).isEmpty } }
  }

  private func record(
    _ id: IntegrationID, _ way: Integration.Registration, _ server: CustomProvider, _ registered: IssuedClient?,
    _ scopes: [String]?, _ name: String, _ serverId: MCPServerID, _ organization: OrganizationID, at now: Date
  ) throws -> IntegrationRecord {
    var custom = server
    let clientId: String
    if way == .dynamic {
      guard let registered else { throw ServiceError(.invalidRequest, "The registered client is missing.") }
      custom.clientAuth = registered.authentication
      clientId = registered.clientId
    } else {
      // A public client with PKCE and a fixed redirect URI: docs/decisions/0008-client-document.md.
      custom.clientAuth = ClientAuthentication.none
      clientId = client.documentAddress(for: id, at: server)
    }
    let draft = try IntegrationDraft(
      CreateIntegration(
        name: name, provider: "custom", clientId: clientId, clientSecret: registered?.clientSecret,
        defaultScopes: scopes ?? [], custom: custom), providers: providers)
    return IntegrationRecord(
      id: id, organizationId: organization, name: name, provider: "custom", providerUrl: draft.providerUrl,
      clientId: clientId, defaultScopes: draft.defaultScopes, maximumScopes: nil, variables: [:], custom: custom,
      status: .enabled, redirectUri: client.redirectUri(for: id, at: server),
      secretExpiresAt: registered?.secretExpiresAt, registration: way, mcpServerId: serverId, createdAt: now,
      updatedAt: now)
  }
}
