import Model
import PostgreSQL

// What each concept says about a change before it is made: who may ask for it, what is wrong with it, and what would come of it.

extension IntegrationService {
  func proposal(
    _ id: IntegrationID, _ request: UpdateIntegration, by principal: Principal
  ) async throws -> (before: IntegrationRecord, after: IntegrationRecord) {
    let record = try await known(id, "integration.update", by: principal)
    var changed = record
    try apply(request, to: &changed)
    return (record, changed)
  }

  func doomed(_ id: IntegrationID, by principal: Principal) async throws -> IntegrationRecord {
    try await known(id, "integration.delete", by: principal)
  }

  private func known(
    _ id: IntegrationID, _ attempt: String, by principal: Principal
  ) async throws -> IntegrationRecord {
    try await mutations.audit.requireConfiguration(principal, attempt: attempt)
    guard let record = try await store.find(id, in: principal.organizationId) else { throw Self.notFound }
    return record
  }
}

extension IntegrationRecord {
  /// The Connections that a change of the Integration is about: all, or those with scopes that the ceiling begins or ceases to allow.
  ///
  /// - Parameter identityScopes: always within the ceiling.
  func kinds(changedTo new: IntegrationRecord?, identityScopes: [String]) -> Proposal.Connections {
    guard let new, new.status == status else { return .kinds([.init(integrationId: id)]) }
    switch (maximumScopes, new.maximumScopes) {
    case (nil, nil): return .kinds([])
    case (nil, let ceiling?), (let ceiling?, nil):
      return .kinds([.init(integrationId: id, scopesBeyond: ceiling + identityScopes)])
    case (let old?, let new?):
      let scopes = Set(old).symmetricDifference(new).subtracting(identityScopes).sorted()
      return .kinds(scopes.isEmpty ? [] : [.init(integrationId: id, scopesAmong: scopes)])
    }
  }
}

extension MCPServerService {
  func proposal(
    _ id: MCPServerID, _ request: UpdateMCPServer, by principal: Principal
  ) async throws -> (before: MCPServerRecord, after: MCPServerRecord) {
    let record = try await known(id, "mcp-server.update", by: principal)
    let change = try MCPServerChange(request, rules: rules)
    if change.auth?.type == .staticToken, record.auth.type != .staticToken, change.token == nil {
      throw Self.tokenMissing
    }
    if let auth = change.auth {
      try await mutations.database.transaction(in: .organization(principal.organizationId)) { transaction in
        try await requireIntegration(
          auth.integrationId, scopes: auth.scopes, in: principal.organizationId, transaction)
      }
    }
    var changed = record
    change.apply(to: &changed)
    return (record, changed)
  }

  func doomed(_ id: MCPServerID, by principal: Principal) async throws -> MCPServerRecord {
    try await known(id, "mcp-server.delete", by: principal)
  }

  private func known(_ id: MCPServerID, _ attempt: String, by principal: Principal) async throws -> MCPServerRecord {
    try await mutations.audit.requireConfiguration(principal, attempt: attempt)
    guard let record = try await store.find(id, in: principal.organizationId) else { throw Self.notFound }
    return record
  }
}

extension CharmService {
  func proposal(_ target: TargetedCharm, by principal: Principal) async throws -> (before: Charm, after: Charm) {
    let charm = try await known(target.id, "charm.update", by: principal)
    var changed = charm
    if let name = target.update?.name {
      try CharmDraft.check(name: name)
      changed.name = name
    }
    if let servers = try target.update?.mcpServers.map(CharmDraft.servers) {
      try await mutations.database.transaction(in: .organization(principal.organizationId)) { transaction in
        try await requireServers(servers, in: principal.organizationId, transaction)
      }
      changed.mcpServers = servers
    }
    return (charm, changed)
  }

  func doomed(_ id: String, by principal: Principal) async throws -> Charm {
    try await known(id, "charm.delete", by: principal)
  }

  private func known(_ id: String, _ attempt: String, by principal: Principal) async throws -> Charm {
    try await mutations.audit.requireConfiguration(principal, attempt: attempt)
    try CharmDraft.check(id: id)
    guard let charm = try await store.find(id, in: principal.organizationId) else { throw Self.notFound }
    return charm
  }
}

extension ApplicationService {
  func proposal(
    _ target: TargetedApplication, by principal: Principal
  ) async throws -> (before: Application, after: Application) {
    try await mutations.audit.requireConfiguration(principal, attempt: "application.update")
    try TextRules.check(target.id, field: "id", maximum: PolicyLimits.applicationIdLength)
    guard let application = try await store.find(target.id, in: principal.organizationId) else { throw Self.notFound }
    var changed = application
    changed.state = target.update?.state ?? application.state
    changed.tokenRelease = target.update?.tokenRelease ?? application.tokenRelease
    return (application, changed)
  }
}
