import Model

/// Everything that an agent runtime needs to call MCP servers in a member's name: which servers, which tools, and a token for
/// each.
struct RuntimeService: Sendable {
  let descriptors: DescriptorService
  let charms: CharmStore
  let sessions: SessionStore
  let store: RuntimeTokenStore
  let tokens: ClientTokenStore
  let mutations: Mutations

  /// - Throws: `forbidden` unless a member's session asks, and for another Charm than the session's; `not_found` for a Charm
  ///   that the organization does not have.
  func servers(_ request: RuntimeRequest, by principal: Principal) async throws -> RuntimeServers {
    guard principal.caller.credential == .session else {
      throw ServiceError(.forbidden, "A runtime acts for a member: use a member's session.")
    }
    let acting = try await acting(request.charmId, for: principal)
    // An organization has no more servers than fit into one page.
    let shown = try await descriptors.list(PageRequest(limit: PageRequest.maximumLimit), by: acting).items
    guard !shown.isEmpty else { return RuntimeServers(servers: []) }
    let slugs = try await slugs(in: principal.organizationId)
    let made = shown.map { ($0, CredentialToken.make(.clientAccess)) }
    let expiresAt = try await mutations.run(by: acting.origin) { transaction in
      let organization = principal.organizationId
      let session = SessionID(rawValue: principal.caller.credentialId)
      try await tokens.clearEnded(in: organization, transaction)
      guard try await sessions.keepAlive(session, in: organization, transaction) != nil,
        let expiresAt = try await store.insert(
          made.map { RuntimeTokenStore.New(serverId: $0.id, hash: TokenHash(of: $1)) }, of: session,
          charmId: acting.caller.charmId, in: organization, transaction)
      else { throw ServiceError(.unauthenticated, "The session has ended. Get a new one.") }
      let fact = AuditFact(
        action: .runtimeTokensIssued, targetKind: "session", targetId: session.rawValue,
        details: ["mcpServers": shown.map(\.id.rawValue).joined(separator: " ")])
      return (expiresAt, .init([fact]))
    }
    let servers = made.map { descriptor, token in
      RuntimeServer(
        descriptor: descriptor, slug: slugs[descriptor.id] ?? descriptor.id.rawValue, token: WireSecret(token),
        expiresAt: expiresAt)
    }
    return RuntimeServers(servers: servers.sorted { $0.slug < $1.slug })
  }

  /// The member, with the Charm that is to act.
  private func acting(_ charmId: String?, for principal: Principal) async throws -> Principal {
    guard let charmId, charmId != principal.caller.charmId else { return principal }
    guard principal.caller.charmId == nil else {
      throw ServiceError(.forbidden, "The session is bound to another Charm.")
    }
    guard try await charms.find(charmId, in: principal.organizationId) != nil else {
      throw ServiceError(.notFound, "charmId names no Charm of the organization.")
    }
    var acting = principal
    acting.caller.charmId = charmId
    return acting
  }

  private func slugs(in organization: OrganizationID) async throws -> [MCPServerID: String] {
    let found = try await descriptors.servers.enabled(nil, in: organization)
    return Dictionary(uniqueKeysWithValues: found.map { ($0.id, $0.slug) })
  }
}
