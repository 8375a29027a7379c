import Foundation
import Model
import TestSupport

/// What the stub answers with.
extension Neighbours {
  var scope: ConnectionScope { ConnectionScope(applicationType: .application, applicationId: "app_1", appId: "app_1") }

  func grant(_ purposes: Grant.Purpose..., lifetime: TimeInterval = 60) throws -> SignedGrant {
    var grant = try keys.grant(organizationId: organizationId, userId: userId, purposes: Set(purposes))
    grant.expiresAt = .now + lifetime
    return grant
  }

  func access(lifetime: TimeInterval = 60) throws -> ConnectionAccess {
    ConnectionAccess(
      grant: try grant(.release, .list, .connect, lifetime: lifetime),
      decision: Decision(effect: .allow, decidingRule: "organization-default", reasons: []),
      integrations: [
        .init(
          id: integrationId, name: "Acme Drive", provider: "github", providerName: "GitHub",
          providerUrl: "https://github.com", defaultScopes: ["repo"], maximumScopes: nil,
          identityScopes: ["read:user", "repo"])
      ], scope: scope)
  }

  func connection(_ id: ConnectionID = ConnectionID(rawValue: "con_1"), scopes: [String] = ["repo"]) -> Connection {
    Connection(
      id: id, userId: userId, integrationId: integrationId, provider: "github", providerUrl: "https://github.com",
      scope: scope, applicationName: "Notes", providerAccountId: "42", displayIdentifier: "maya@example.com",
      displayName: nil, displayAvatar: nil, scopes: scopes, isDefault: false, status: .active, reason: nil,
      expiresAt: Date(timeIntervalSince1970: 1_900_000_000.25), createdAt: .now, lastUsedAt: nil)
  }

  var rotation: KeyRotationReport {
    KeyRotationReport(
      id: .random(), state: .running, keyVersion: 2, total: 100, rewritten: 40, unreadable: 0, startedAt: .now,
      finishedAt: nil)
  }

  func ready(_ token: String = "access-1") -> ResolvedConnection {
    ResolvedConnection(outcome: .ready, connection: connection(), accessToken: WireSecret(token))
  }

  func createFlow(application: ApplicationDescription? = ApplicationDescription(id: "app_1", name: "Notes"))
    -> CreateFlow
  {
    CreateFlow(
      integrationId: integrationId, scopes: ["repo", "read:user"], application: application,
      integrationName: "Acme Drive", provider: "github", providerName: "GitHub", providerUrl: "https://github.com",
      organizationName: "Acme", userDisplay: "maya@example.com")
  }

  func facts(
    _ request: CreateFlow? = nil, id: FlowID = FlowID(rawValue: "flw_1"),
    status: FlowStatus = FlowStatus(status: .pending)
  ) -> FlowFacts {
    FlowFacts(
      id: id, organizationId: organizationId, userId: userId, scope: scope, actor: Actor(kind: .member),
      request: request ?? createFlow(), status: status, createdAt: .now, expiresAt: .now + 600)
  }

  var provider: ProviderSummary {
    ProviderSummary(
      id: "github", name: "GitHub", category: "code", providerUrl: "https://github.com", documentationUrl: nil,
      variables: [:], defaultScopes: [], pkce: "supported", refresh: "none", revocation: "custom", mcpServerUrl: nil,
      quirks: [])
  }

  var integration: Integration {
    Integration(
      id: integrationId, name: "Acme Drive", provider: "github", providerUrl: "https://github.com", clientId: "c",
      defaultScopes: ["repo"], maximumScopes: nil, variables: [:], custom: nil, status: .enabled,
      redirectUri: "http://127.0.0.1:7000/oauth/callback", secretExpiresAt: nil, createdAt: .now, updatedAt: .now)
  }

  var client: IntegrationClient {
    IntegrationClient(
      integrationId: integrationId, organizationId: organizationId, name: "Acme Drive", provider: "github",
      providerUrl: "https://github.com", variables: [:], custom: nil, clientId: "c", defaultScopes: [],
      maximumScopes: nil, redirectUri: "http://127.0.0.1:7000/oauth/callback", status: .enabled)
  }

  var application: Application {
    Application(id: "app_1", appIds: ["app_1"], name: nil, state: .allowed, firstSeenAt: .now, lastSeenAt: .now)
  }

  private var serverId: MCPServerID { MCPServerID(rawValue: "mcp_1") }

  var server: MCPServer {
    MCPServer(
      id: serverId, name: "Mail", slug: "mail", url: "https://mcp.example.com/mcp", auth: MCPServerAuth(type: .none),
      allowedTools: nil, description: nil, status: .enabled, pinning: false, createdAt: .now, updatedAt: .now)
  }

  var descriptor: MCPServerDescriptor {
    MCPServerDescriptor(id: serverId, name: "Mail", description: nil, allowedTools: nil, needsConnection: false)
  }

  var serverAccess: MCPServerAccess {
    MCPServerAccess(
      id: serverId, slug: "mail", name: "Mail", url: "https://mcp.example.com/mcp", auth: MCPServerAuth(type: .none),
      integration: nil, scopes: [], tools: EffectiveTools(), catalogue: [], scope: nil, grant: nil,
      decision: Decision(effect: .allow, decidingRule: "organization-default", reasons: []))
  }

  var tool: MCPTool {
    MCPTool(
      name: "search", definitionHash: "h", state: .approved, definition: ["name": "search"], diff: [],
      firstSeenAt: .now, changedAt: .now)
  }

  var webhook: Webhook {
    Webhook(
      id: WebhookID(rawValue: "whk_1"), url: "https://example.com/hook", events: [.ruleChanged], description: nil,
      enabled: true, createdAt: .now, updatedAt: .now)
  }

  var delivery: WebhookDelivery {
    WebhookDelivery(
      id: NotificationID(rawValue: "msg_1"), webhookId: webhook.id, type: .ruleChanged, state: .pending, attempts: 1,
      createdAt: .now, nextAttemptAt: .now, deliveredAt: nil, lastStatus: nil, lastProblem: nil)
  }

  var charm: Charm { Charm(id: "c", name: "Postman", mcpServers: [], createdAt: .now, updatedAt: .now) }
}
