import FoundationEssentials
import Logging
import Model
import PostgreSQL
import Providers

/// Integrations: the organization's OAuth applications at providers.
struct IntegrationService: Sendable {
  let store: IntegrationStore
  let mutations: Mutations
  let vault: Vault
  let vaultTasks: VaultTaskService
  let providers: ProviderDirectory
  let grants: GrantIssuer
  /// What may hold on to an Integration.
  let servers: MCPServerStore
  let bound: BoundIntegrations
  let logger: Logger
  /// The gateway's origin, without a slash at the end.
  let publicUrl: String

  /// Makes an Integration. Its secret is in the vault before the row exists; when the row is not stored, the secret is
  /// destroyed.
  func create(_ request: CreateIntegration, by principal: Principal) async throws -> Integration {
    try await mayConfigure(principal, "integration.create")
    let draft = try IntegrationDraft(request, providers: providers)
    let id = IntegrationID.random()
    let now = Date()
    let record = IntegrationRecord(
      id: id, organizationId: principal.organizationId, name: draft.name, provider: request.provider,
      providerUrl: draft.providerUrl, clientId: draft.clientId, defaultScopes: draft.defaultScopes,
      maximumScopes: draft.maximumScopes, variables: draft.variables, custom: draft.custom, status: .enabled,
      redirectUri: RedirectURI.make(
        for: id, provider: request.provider, custom: draft.custom, publicUrl: publicUrl),
      secretExpiresAt: nil, createdAt: now, updatedAt: now)
    guard let secret = draft.clientSecret else { return try await insert(record, { _ in }, by: principal) }
    return try await vaultTasks.guarding(secretTask(of: id, principal)) {
      try await vault.put(secret, expiresAt: nil, for: id, of: principal.organizationId, actor: principal.actor)
    } change: { settled in
      try await insert(record, settled, by: principal)
    }
  }

  func list(_ page: PageRequest, by principal: Principal) async throws -> Page<Integration> {
    try await mayConfigure(principal, "integration.list")
    let limit = try page.checkedLimit()
    let records = try await store.list(in: principal.organizationId, after: page.checkedCursor(), limit: limit)
    var page = Page(records.map(\.integration), limit: limit) { PageCursor(time: $0.createdAt, id: $0.id.rawValue) }
    page.items = await described(page.items, by: principal)
    return page
  }

  func show(_ id: IntegrationID, by principal: Principal) async throws -> Integration {
    try await mayConfigure(principal, "integration.show")
    let integration = try await require(id, in: principal.organizationId).integration
    return await described([integration], by: principal).first ?? integration
  }

  /// Changes what may be changed; absent fields stay.
  func update(
    _ id: IntegrationID, _ request: UpdateIntegration, by principal: Principal
  ) async throws -> Integration {
    try await mayConfigure(principal, "integration.update")
    return try await change(id, by: principal) { record in
      try apply(request, to: &record)
      return .integrationChanged
    }
  }

  /// - Throws: `invalid_request` that names what is wrong.
  func apply(_ request: UpdateIntegration, to record: inout IntegrationRecord) throws {
    try TextRules.check(request.name, field: "name", maximum: PolicyLimits.nameLength)
    if let name = request.name { record.name = name }
    let scopes = try ScopeCeiling(
      defaults: request.defaultScopes ?? record.defaultScopes,
      maximum: request.maximumScopes.applied(to: record.maximumScopes),
      identityScopes: providers.provider(of: record)?.scopes.identityScopes ?? [])
    record.defaultScopes = scopes.defaults
    record.maximumScopes = scopes.maximum
    if let status = request.status { record.status = status }
  }

  /// Stores a new secret, which becomes current. The vault keeps the old one while refreshes need it.
  func rotateSecret(
    _ id: IntegrationID, _ request: RotateClientSecret, by principal: Principal
  ) async throws -> Integration {
    try await mayConfigure(principal, "integration.rotate-secret")
    let secret = try ClientSecretRule.check(request.clientSecret)
    if let expiresAt = request.expiresAt, expiresAt <= Date() {
      throw ServiceError(.invalidRequest, "expiresAt lies in the past.")
    }
    _ = try await require(id, in: principal.organizationId)
    try await vault.put(
      secret, expiresAt: request.expiresAt, for: id, of: principal.organizationId, actor: principal.actor)
    let integration = try await change(id, by: principal) { record in
      record.secretExpiresAt = request.expiresAt
      return .integrationSecretRotated
    }
    return await described([integration], by: principal).first ?? integration
  }

  /// Takes an Integration out of use at once and has its Connections revoked. The secret is destroyed when the
  /// revocations are over.
  /// - Throws: `integration_in_use` that lists what uses it, unless the request says to revoke.
  func delete(_ id: IntegrationID, _ request: DeleteIntegration, by principal: Principal) async throws {
    try await mayConfigure(principal, "integration.delete")
    let organization = principal.organizationId
    let revocation = try await mutations.run(by: principal.origin) { transaction in
      guard try await store.lock(id, in: organization, transaction) != nil else { throw Self.notFound }
      if !request.revoke { try await refuseWhileInUse(id, in: organization, transaction) }
      try await servers.detach(id, in: organization, transaction)
      return (
        try await bound.retire(id, by: principal, in: transaction),
        .init(
          [AuditFact(action: .integrationDeleted, targetKind: "integration", targetId: id.rawValue)],
          notices: [ChangeNotice(kind: .integration, subject: id.rawValue)])
      )
    }
    await vaultTasks.attempt(revocation)
  }

  /// A grant for the exchanger to check an Integration with its secret.
  func authorizeCheck(_ id: IntegrationID, by principal: Principal) async throws -> ClientAccess {
    try await mayConfigure(principal, "integration.check")
    let record = try await require(id, in: principal.organizationId)
    let grant = try grants.access(
      principal, actor: principal.actor, purposes: [.verify], integrations: [id], scope: nil)
    try await mutations.audit.record(
      AuditFact(
        action: .integrationCheckAuthorized, targetKind: "integration", targetId: id.rawValue, grant: grant.id),
      by: principal.origin)
    return ClientAccess(grant: grant.signed, client: record.client)
  }

  /// What the exchanger needs to refresh or revoke; also of a deleted Integration whose tokens are still being revoked.
  func client(_ reference: ClientReference) async throws -> IntegrationClient {
    let record = try await store.findForExchanger(reference.integrationId, in: reference.organizationId)
    guard let record else { throw Self.notFound }
    return record.client
  }

  static let notFound = ServiceError(.integrationNotFound, "The organization has no such Integration.")

  private func require(_ id: IntegrationID, in organization: OrganizationID) async throws -> IntegrationRecord {
    guard let record = try await store.find(id, in: organization) else { throw Self.notFound }
    return record
  }

  private func insert(
    _ record: IntegrationRecord, _ settled: @Sendable (PostgresTransaction) async throws -> Void,
    by principal: Principal
  ) async throws -> Integration {
    try await mutations.run(by: principal.origin) { transaction in
      try await store.insert(record, in: transaction)
      try await settled(transaction)
      return (
        record.integration,
        .init(
          [
            AuditFact(
              action: .integrationCreated, targetKind: "integration", targetId: record.id.rawValue,
              details: ["provider": record.provider])
          ], notices: [ChangeNotice(kind: .integration, subject: record.id.rawValue)])
      )
    }
  }

  private func change(
    _ id: IntegrationID, by principal: Principal, _ body: (inout IntegrationRecord) throws -> PolicyAction
  ) async throws -> Integration {
    try await mutations.run(by: principal.origin) { transaction in
      guard var record = try await store.lock(id, in: principal.organizationId, transaction) else {
        throw Self.notFound
      }
      let action = try body(&record)
      record.updatedAt = Date()
      try await store.update(record, in: transaction)
      return (
        record.integration,
        .init(
          [AuditFact(action: action, targetKind: "integration", targetId: id.rawValue)],
          notices: [ChangeNotice(kind: .integration, subject: id.rawValue)])
      )
    }
  }

  /// The Integration is locked, and so is whoever would begin to use it now.
  private func refuseWhileInUse(
    _ id: IntegrationID, in organization: OrganizationID, _ transaction: PostgresTransaction
  ) async throws {
    let names = try await servers.users(of: id, in: organization, transaction)
    guard names.isEmpty else {
      throw ServiceError(
        .integrationInUse,
        "MCP servers use the Integration: \(names.joined(separator: ", ")). Delete with revoke=true to end that.",
        facts: ["mcpServers": names])
    }
  }

  private func mayConfigure(_ principal: Principal, _ attempt: String) async throws {
    try await mutations.audit.requireConfiguration(principal, attempt: attempt)
  }

  private func secretTask(of id: IntegrationID, _ principal: Principal) -> VaultTask {
    VaultTask(
      organizationId: principal.organizationId, kind: .destroySecret, subject: id.rawValue, actor: principal.actor)
  }
}
