import FoundationEssentials
import Model
import ServiceKit

/// The calls of this service to the vault, each under a grant of its own making.
struct Vault: Sendable {
  let peer: PeerClient
  let grants: GrantIssuer

  /// Stores a client secret.
  func put(
    _ secret: WireSecret, expiresAt: Date?, for integration: IntegrationID, of organization: OrganizationID,
    actor: Actor
  ) async throws {
    let grant = try grants.writeSecret(integration, of: organization, actor: actor)
    _ = try await peer.call(
      SecretEndpoints.put,
      PutSecret(kind: .clientSecret, ownerId: integration.rawValue, value: secret, expiresAt: expiresAt),
      grant: grant.signed)
  }

  /// Destroys every version of a client secret.
  func deleteSecret(of integration: IntegrationID, of organization: OrganizationID, actor: Actor) async throws {
    let grant = try grants.writeSecret(integration, of: organization, actor: actor)
    _ = try await peer.call(
      SecretEndpoints.delete, DeleteSecret(kind: .clientSecret, ownerId: integration.rawValue), grant: grant.signed)
  }

  /// Stores the static token of an MCP server.
  func put(
    _ token: WireSecret, for server: MCPServerID, of organization: OrganizationID, actor: Actor
  ) async throws {
    let grant = try grants.writeStaticToken(server, of: organization, actor: actor)
    _ = try await peer.call(
      SecretEndpoints.put,
      PutSecret(kind: .staticToken, ownerId: server.rawValue, value: token, expiresAt: nil), grant: grant.signed)
  }

  /// Destroys every version of a static token.
  func deleteToken(of server: MCPServerID, of organization: OrganizationID, actor: Actor) async throws {
    let grant = try grants.writeStaticToken(server, of: organization, actor: actor)
    _ = try await peer.call(
      SecretEndpoints.delete, DeleteSecret(kind: .staticToken, ownerId: server.rawValue), grant: grant.signed)
  }

  /// Stores the secret of a webhook.
  func put(_ secret: WireSecret, for webhook: WebhookID, of organization: OrganizationID, actor: Actor) async throws {
    let grant = try grants.webhook(webhook, of: organization, actor: actor, purpose: .writeSecret)
    _ = try await peer.call(
      SecretEndpoints.put,
      PutSecret(kind: .webhookSecret, ownerId: webhook.rawValue, value: secret, expiresAt: nil), grant: grant.signed)
  }

  /// Destroys the secret of a webhook.
  func deleteSecret(of webhook: WebhookID, of organization: OrganizationID, actor: Actor) async throws {
    let grant = try grants.webhook(webhook, of: organization, actor: actor, purpose: .writeSecret)
    _ = try await peer.call(
      SecretEndpoints.delete, DeleteSecret(kind: .webhookSecret, ownerId: webhook.rawValue), grant: grant.signed)
  }

  /// Has a message signed with its webhook's secret, which stays in the vault.
  func sign(_ message: SignWebhook, of organization: OrganizationID) async throws -> String {
    let actor = Actor(kind: .service, id: ServiceName.policy.rawValue)
    let grant = try grants.webhook(message.webhookId, of: organization, actor: actor, purpose: .signWebhook)
    return try await peer.call(SecretEndpoints.signWebhook, message, grant: grant.signed).signature
  }

  /// Counts the organization's Connections of some kinds. Where there are so many kinds that it takes several questions, a Connection that two
  /// of them name counts twice.
  func count(
    _ kinds: [CountConnections.Kind], of organization: OrganizationID, actor: Actor
  ) async throws -> Counted<ConnectionID> {
    var whole = Counted<ConnectionID>(count: 0, first: [])
    var rest = kinds[...]
    while !rest.isEmpty {
      let asked = CountConnections(kinds: Array(rest.prefix(CountConnections.maximumKinds)))
      rest = rest.dropFirst(asked.kinds.count)
      let grant = try grants.administer(organization, actor: actor)
      let found = try await peer.call(ConnectionEndpoints.count, asked, grant: grant.signed)
      whole = Counted(count: whole.count + found.count, first: whole.first + found.first)
    }
    return whole
  }

  /// What the vault knows of the clients of Integrations: their secrets' state, never the secrets.
  func describeClients(
    _ integrations: [IntegrationID], of organization: OrganizationID, actor: Actor
  ) async throws -> [ClientDescription] {
    let grant = try grants.administer(organization, actor: actor)
    return try await peer.call(
      SecretEndpoints.describeClients, DescribeClients(integrationIds: integrations), grant: grant.signed)
  }

  /// Begins a revocation, which the vault then carries through by itself.
  func revoke(_ revocation: CreateRevocation, of organization: OrganizationID, actor: Actor) async throws {
    let grant = try grants.administer(organization, actor: actor)
    _ = try await peer.call(RevocationEndpoints.create, revocation, grant: grant.signed)
  }
}
