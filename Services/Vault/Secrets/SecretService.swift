import Audit
import FoundationEssentials
import Model
import PostgreSQL
import Sealing

/// Client secrets, static tokens and webhooks' secrets: written by the policy service, used by the exchanger, the gateway
/// and the vault itself, read back by no person.
struct SecretService: Sendable {
  let database: PostgresClient
  let store: SecretStore
  let clients: ClientSecretReader
  let standings: ClientStandingStore
  let usedGrants: UsedGrantStore
  let records: RecordSealer
  let audit: AuditWriter

  /// Owner ids are ids of Integrations and MCP servers.
  private static let maximumOwnerBytes = 80

  func put(_ request: PutSecret, under authority: Authority) async throws -> StoredSecret {
    try check(request.kind, request.ownerId, authority)
    guard request.value.secret.expose({ !$0.isEmpty }) else {
      throw ServiceError(.invalidRequest, "The secret is empty.")
    }
    // The key first: it may have to be made, which is a transaction of its own.
    _ = try await records.keys.current(of: authority.organization.rawValue)
    return try await records.transaction(of: authority.organization, on: database) { transaction, keys in
      try await usedGrants.use(authority.grant, in: transaction)
      let version = try await store.nextVersion(
        request.kind, of: request.ownerId, in: authority.organization, transaction: transaction)
      let address = RecordAddress.secret(
        of: request.ownerId, kind: request.kind, organization: authority.organization.rawValue, version: version)
      let sealed = try keys.seal(request.value.secret, at: address)
      let replaced = try await store.insert(
        SealedSecret(version: version, sealedValue: sealed), request.kind, of: request.ownerId,
        expiresAt: request.expiresAt, in: authority.organization, transaction: transaction)
      if let integration = IntegrationID(validating: request.ownerId), request.kind == .clientSecret {
        try await begin(integration, version, authority, transaction)
      }
      try await audit.append(
        AuditEntry(
          .secretStored, on: .secret(request.kind, owner: request.ownerId), under: authority,
          details: ["version": String(version)]),
        in: transaction)
      for version in replaced {
        try await audit.append(
          AuditEntry(
            .secretDestroyed, on: .secret(request.kind, owner: request.ownerId), under: authority,
            details: ["version": String(version), "reason": SecretRetirement.Reason.replaced.rawValue]),
          in: transaction)
      }
      try await publish(request.kind, request.ownerId, authority, transaction)
      return StoredSecret(version: version)
    }
  }

  func delete(_ request: DeleteSecret, under authority: Authority) async throws {
    try check(request.kind, request.ownerId, authority)
    try await database.change(in: authority.organization) { transaction in
      try await usedGrants.use(authority.grant, in: transaction)
      let destroyed = try await store.deleteAll(
        request.kind, of: request.ownerId, in: authority.organization, transaction: transaction)
      try await audit.append(
        AuditEntry(
          .secretDeleted, on: .secret(request.kind, owner: request.ownerId), under: authority,
          details: ["versions": String(destroyed)]),
        in: transaction)
      try await DueWork.secretRetirement.cancel(
        request.ownerId, of: authority.organization.rawValue, transaction: transaction)
      try await publish(request.kind, request.ownerId, authority, transaction)
    }
  }

  /// Gateways hold static tokens, never client secrets.
  private func publish(
    _ kind: OrganizationSecretKind, _ owner: String, _ authority: Authority, _ transaction: PostgresTransaction
  ) async throws {
    guard kind == .staticToken else { return }
    try await transaction.publish(.secret, owner, of: authority.organization)
  }

  func releaseClientSecret(
    of integration: IntegrationID, under authority: Authority
  ) async throws -> ReleasedClientSecret {
    try authority.require(integration)
    guard let opened = try await clients.live(of: integration, in: authority.organization) else {
      return ReleasedClientSecret(clientSecret: nil)
    }
    var details = ["version": String(opened.versions.current)]
    details["previousVersion"] = opened.versions.previous.map { String($0.version) }
    try await audit.append(
      AuditEntry(
        .secretReleased, on: .secret(.clientSecret, owner: integration.rawValue), under: authority, details: details))
    return ReleasedClientSecret(clientSecret: opened.secret, secretVersions: opened.versions)
  }

  /// The token for calls to an MCP server. It is on record that it leaves before it does.
  func releaseStaticToken(
    of server: MCPServerID, under authority: Authority
  ) async throws -> ReleasedStaticToken {
    try requireOwner(server, authority)
    let owner = server.rawValue
    guard let stored = try await store.current(.staticToken, of: owner, in: authority.organization) else {
      throw ServiceError(.notFound, "The MCP server has no static token. An owner or admin must set one.")
    }
    try await audit.append(
      AuditEntry(
        .staticTokenReleased, on: .secret(.staticToken, owner: owner), under: authority,
        details: ["version": String(stored.version)]))
    let address = RecordAddress.secret(
      of: owner, kind: .staticToken, organization: authority.organization.rawValue, version: stored.version)
    return ReleasedStaticToken(token: WireSecret(try await records.openText(stored.sealedValue, at: address)))
  }

  /// Signs a message as Standard Webhooks says: HMAC-SHA256 over id, timestamp and body. The secret stays here.
  func sign(_ request: SignWebhook, under authority: Authority) async throws -> SignedWebhook {
    try requireOwner(request.webhookId, authority)
    let owner = request.webhookId.rawValue
    guard let stored = try await store.current(.webhookSecret, of: owner, in: authority.organization) else {
      throw ServiceError(.notFound, "The webhook has no secret.")
    }
    let address = RecordAddress.secret(
      of: owner, kind: .webhookSecret, organization: authority.organization.rawValue, version: stored.version)
    let secret = try await records.openText(stored.sealedValue, at: address)
    return SignedWebhook(signature: try WebhookSignature.make(request, with: secret))
  }

  /// A static token is reached by a grant that names its MCP server, and by no other.
  private func requireOwner(_ server: MCPServerID, _ authority: Authority) throws {
    let scope = try authority.scope()
    guard scope.applicationType == .mcpServer, scope.applicationId == server.rawValue, scope.appId == server.rawValue
    else { throw GrantMismatch(reason: .otherOwner, grant: authority.grant) }
  }

  /// Nor is a webhook's secret by a grant that does not name the webhook.
  private func requireOwner(_ webhook: WebhookID, _ authority: Authority) throws {
    guard authority.grant.webhookId == webhook else {
      throw GrantMismatch(reason: .otherOwner, grant: authority.grant)
    }
  }

  /// A grant that names Integrations, an MCP server or a webhook reaches the secrets of these and no others.
  private func check(_ kind: OrganizationSecretKind, _ owner: String, _ authority: Authority) throws {
    guard owner.utf8.count <= Self.maximumOwnerBytes else {
      throw ServiceError(.invalidRequest, "ownerId is too long.")
    }
    switch kind {
    case .clientSecret:
      guard let integration = IntegrationID(validating: owner) else {
        throw ServiceError(.invalidRequest, "ownerId must be the id of an Integration for a client secret.")
      }
      try authority.require(integration)
    case .staticToken:
      guard let server = MCPServerID(validating: owner) else {
        throw ServiceError(.invalidRequest, "ownerId must be the id of an MCP server for a static token.")
      }
      try requireOwner(server, authority)
    case .webhookSecret:
      guard let webhook = WebhookID(validating: owner) else {
        throw ServiceError(.invalidRequest, "ownerId must be the id of a webhook for a webhook's secret.")
      }
      try requireOwner(webhook, authority)
    }
  }

  /// A new client secret ends what the old one's refusal began. From now on there may be two, of which the older has its end.
  private func begin(
    _ integration: IntegrationID, _ version: Int64, _ authority: Authority, _ transaction: PostgresTransaction
  ) async throws {
    let organization = authority.organization
    try await standings.corrected(integration, in: organization, transaction: transaction)
    try await transaction.query(
      """
      UPDATE connection SET status = 'active', reason = NULL, next_try_at = NULL, failures = 0, updated_at = now()
      WHERE organization_id = \(organization.rawValue) AND integration_id = \(integration.rawValue)
        AND status = 'configError'
      """)
    // The sweep works out when that is.
    guard version > 1 else { return }
    try await DueWork.secretRetirement.schedule(
      integration.rawValue, of: organization.rawValue, at: .now, transaction: transaction)
  }
}
