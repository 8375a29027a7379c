import Foundation
import Model
import ServiceKit
import TestSupport
import Testing

@testable import PolicyKit

/// MCP servers with what was found by their URL alone.
@Suite("Discovered MCP servers")
struct DiscoveryTests {
  private static let url = "https://mcp.example.com/mcp"
  private static let secret = "canary-registered-secret"

  private static func found(_ issuer: String = "https://id.example.com", document: Bool = false) -> MCPServerDiscovery {
    MCPServerDiscovery(
      url: url, access: .oauth, checks: [IntegrationCheck(name: "pkce", ok: true, detail: "It has it.")], resource: url,
      challengedScopes: ["read"], issuer: issuer,
      authorizationServer: CustomProvider(
        providerUrl: issuer, issuer: issuer, authorizationEndpoint: "\(issuer)/authorize",
        tokenEndpoint: "\(issuer)/token", clientAuth: .post, pkce: .required, identityScopes: ["offline_access"],
        sendsIssuer: false),
      registrationEndpoint: "\(issuer)/register", supportsClientIdMetadata: document)
  }

  private static let client = IssuedClient(
    clientId: "registered", clientSecret: WireSecret(secret), secretExpiresAt: nil, authentication: .post)

  @Test func theSecretOfARegistrationGoesToTheVaultAlone() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      let server = try await tenant.discover(Self.found(), Self.client)
      let integration = try #require(server.auth.integrationId)
      #expect(server.discovered?.issuer == "https://id.example.com")
      #expect(server.auth.scopes == ["read"])
      let put = try #require(try policy.vault.received(SecretEndpoints.put).first)
      #expect(put.kind == .clientSecret && put.ownerId == integration.rawValue)
      #expect(put.value.secret.expose { $0 } == Self.secret)
      let shown = try await policy.gateway.call(
        IntegrationEndpoints.show, OnBehalf(tenant.apiKey, Reference(id: integration)))
      #expect(shown.registration == .dynamic && shown.mcpServerId == server.id && shown.clientId == "registered")
      #expect(shown.redirectUri == "\(PolicyFixture.publicUrl)/oauth/callback/\(integration.rawValue)")
      #expect(shown.custom?.identityScopes == ["offline_access"])
      for place in [try policy.database.dump(), policy.log.text] { #expect(!place.contains(Self.secret)) }
      #expect(try policy.database.superuser("SELECT count(*) FROM vault_task") == "0\n", "no destruction is left over")
    }
  }

  @Test func aSecretWhoseServerIsNotStoredIsDestroyed() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      try policy.database.superuser("ALTER TABLE mcp_server ADD CONSTRAINT test CHECK (name <> 'Doomed')")
      #expect(await refusal { try await tenant.discover(Self.found(), Self.client, name: "Doomed") } != nil)
      let put = try #require(try policy.vault.received(SecretEndpoints.put).first)
      #expect(try policy.vault.received(SecretEndpoints.delete).map(\.ownerId) == [put.ownerId])
      #expect(try policy.database.superuser("SELECT count(*) FROM integration") == "0\n")
    }
  }

  @Test func theClientDocumentNeedsNoSecret() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      let server = try await tenant.discover(Self.found(document: true), nil)
      let integration = try #require(server.auth.integrationId)
      let shown = try await policy.gateway.call(
        IntegrationEndpoints.show, OnBehalf(tenant.apiKey, Reference(id: integration)))
      #expect(shown.registration == .clientIdMetadata)
      #expect(shown.clientId == "\(PolicyFixture.publicUrl)/.well-known/oauth-client/\(integration.rawValue)")
      #expect(shown.custom?.clientAuth == ClientAuthentication.none)
      #expect(try policy.vault.received(SecretEndpoints.put).isEmpty)
    }
  }

  @Test func itGoesWithItsServer() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      let server = try await tenant.discover(Self.found(), Self.client)
      let integration = try #require(server.auth.integrationId)
      try await tenant.delete(server.id)
      let page = try await policy.gateway.call(IntegrationEndpoints.list, OnBehalf(tenant.apiKey, PageRequest()))
      #expect(page.items.isEmpty)
      let revocations = try policy.vault.received(RevocationEndpoints.create)
      #expect(revocations.contains { $0.integrationId == integration })
      #expect(revocations.contains { $0.mcpServerId == server.id })
      let tasks = try policy.database.superuser("SELECT kind || ' ' || subject FROM vault_task")
      #expect(tasks == "destroySecret \(integration.rawValue)\n", "the secret outlives the revocations")
    }
  }

  @Test func applicationsDoNotReachIt() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      _ = try await tenant.discover(Self.found(), Self.client)
      let member = try await tenant.session()
      let request = AccessRequest(
        providerUrl: "https://id.example.com", application: ApplicationDescription(id: "app-1"), purposes: [.release])
      #expect(await refusal { try await tenant.authorize(request, as: member) } == .integrationNotFound)
    }
  }

  @Test func anotherIssuerPutsTheServerOutOfUseOnce() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      let server = try await tenant.discover(Self.found(), Self.client)
      let member = try await tenant.session()
      #expect(try await tenant.access(server.id, as: member).servers[0].decision.effect == .allow)
      #expect(try await tenant.report("https://id.example.com", of: server.id, as: member))
      #expect(try await !tenant.report("https://other.example", of: server.id, as: member))
      #expect(try await !tenant.report("https://other.example", of: server.id, as: member))
      let shown = try await tenant.show(server.id)
      #expect(shown.configError?.reason == .issuerChanged && shown.configError?.issuer == "https://other.example")
      #expect(shown.discovered?.issuer == "https://id.example.com", "what was agreed to stays")
      let access = try await tenant.access(server.id, as: member).servers[0]
      #expect(access.decision.decidingRule == "issuer-changed" && access.grant == nil)
      // The first one again is no news: only an owner's word ends it.
      #expect(try await !tenant.report("https://id.example.com", of: server.id, as: member))
      let count = try policy.database.superuser(
        "SELECT count(*) FROM audit_entry WHERE action = 'mcp-server.issuer.changed'")
      #expect(count == "1\n")
    }
  }

  @Test func anOwnersWordEndsItAndKeepsWhatIsStillRight() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      let server = try await tenant.discover(Self.found(), Self.client)
      _ = try await tenant.report("https://other.example", of: server.id, as: tenant.apiKey)
      let same = try await tenant.adopt(Self.found(), nil, server.id)
      #expect(same.configError == nil && same.auth.integrationId == server.auth.integrationId)
      let other = try await tenant.adopt(Self.found("https://other.example"), Self.client, server.id)
      #expect(other.discovered?.issuer == "https://other.example")
      #expect(other.auth.integrationId != server.auth.integrationId)
      #expect(try policy.vault.received(RevocationEndpoints.create).map(\.integrationId) == [server.auth.integrationId])
      let page = try await policy.gateway.call(IntegrationEndpoints.list, OnBehalf(tenant.apiKey, PageRequest()))
      #expect(page.items.map(\.id) == [other.auth.integrationId])
    }
  }

  @Test func theFirstLookKeepsTheScopesThatWereAskedForAndLaterOnesTakeTheServers() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      // As a configuration stores it: not looked at yet.
      let server = try await tenant.createServer(
        "Found", url: Self.url, auth: MCPServerAuthInput(type: .oauth, scopes: ["read", "write"]))
      #expect(server.discovered == nil)
      let first = try await tenant.adopt(Self.found(), Self.client, server.id)
      #expect(first.discovered != nil && first.auth.scopes == ["read", "write"])
      let second = try await tenant.adopt(Self.found(), nil, server.id)
      #expect(second.auth.scopes == ["read"] && second.auth.integrationId == first.auth.integrationId)
    }
  }

  @Test func anIntegrationThatTheOwnerNamesReplacesWhatWasFound() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      let server = try await tenant.discover(Self.found(), Self.client)
      let own = try await tenant.createIntegration()
      let auth = MCPServerAuthInput(type: .oauth, integrationId: own.id)
      let changed = try await tenant.update(server.id, UpdateMCPServer(auth: auth))
      #expect(changed.discovered == nil && changed.auth.integrationId == own.id)
      let page = try await policy.gateway.call(IntegrationEndpoints.list, OnBehalf(tenant.apiKey, PageRequest()))
      #expect(page.items.map(\.id) == [own.id])
    }
  }

  @Test func membersAndOtherOrganizationsMayNot() async throws {
    try await PolicyFixture.with { policy in
      let (tenant, other) = (try await policy.makeTenant(), try await policy.makeTenant("Other"))
      let server = try await tenant.discover(Self.found(), Self.client)
      let member = try await tenant.session()
      let plan = PlanMCPServer(discovery: Self.found())
      #expect(
        await refusal { try await policy.gateway.call(MCPDiscoveryEndpoints.plan, OnBehalf(member, plan)) }
          == .forbidden)
      #expect(await refusal { try await tenant.adopt(Self.found(), nil, server.id, as: member) } == .forbidden)
      #expect(await refusal { try await other.adopt(Self.found(), nil, server.id) } == .notFound)
      #expect(
        await refusal { try await other.report("https://x.example", of: server.id, as: other.apiKey) } == .notFound)
    }
  }

  @Test func theTokensOfAFlowAreForTheServer() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      let found = try await tenant.discover(Self.found(), Self.client)
      let integration = try await tenant.createIntegration()
      let named = try await tenant.createServer(
        "Named", url: "https://named.example.com/mcp",
        auth: MCPServerAuthInput(type: .oauth, integrationId: integration.id))
      let member = try await tenant.createSession(CreateSession(user: .init(id: "alice")))
      for server in [found, named] {
        let access = try await policy.exchanger.call(
          AccessEndpoints.authorizeFlow, try tenant.flow(of: server, user: member.userId))
        #expect(access.resource == server.url)
      }
    }
  }
}

extension Tenant {
  private func planned(
    _ found: MCPServerDiscovery, _ server: MCPServerID?, as credential: CredentialHash
  ) async throws -> MCPServerDiscovery {
    try await policy.gateway.call(
      MCPDiscoveryEndpoints.plan, OnBehalf(credential, PlanMCPServer(discovery: found, mcpServerId: server))
    ).discovery
  }

  /// Sets up a server as the gateway does.
  func discover(
    _ found: MCPServerDiscovery, _ client: IssuedClient?, name: String = "Found"
  ) async throws -> MCPServer {
    let server = CreateMCPServer(name: name, url: found.url, auth: MCPServerAuthInput(type: .oauth))
    let decided = AdoptDiscovery(discovery: try await planned(found, nil, as: apiKey), client: client)
    return try await policy.gateway.call(
      MCPDiscoveryEndpoints.create, OnBehalf(apiKey, CreateDiscoveredMCPServer(server: server, found: decided)))
  }

  @discardableResult
  func adopt(
    _ found: MCPServerDiscovery, _ client: IssuedClient?, _ server: MCPServerID, as credential: CredentialHash? = nil
  ) async throws -> MCPServer {
    let decided = AdoptDiscovery(
      discovery: try await planned(found, server, as: credential ?? apiKey), client: client)
    return try await policy.gateway.call(
      MCPDiscoveryEndpoints.adopt, OnBehalf(credential ?? apiKey, Targeted(server, decided)))
  }

  /// Whether the server is still what it was.
  func report(_ issuer: String, of server: MCPServerID, as credential: CredentialHash) async throws -> Bool {
    try await policy.gateway.call(
      MCPDiscoveryEndpoints.report, OnBehalf(credential, Targeted(server, ReportIssuer(issuer: issuer)))
    ).isKnown
  }

  /// A flow for a server's own Connections.
  func flow(of server: MCPServer, user: UserID) throws -> FlowFacts {
    FlowFacts(
      id: .random(), organizationId: id, userId: user, scope: .server(server.id), actor: Actor(kind: .member),
      request: CreateFlow(
        integrationId: try #require(server.auth.integrationId), scopes: [], application: nil, integrationName: "I",
        provider: "custom", providerName: "P", providerUrl: "https://id.example.com", organizationName: "O",
        userDisplay: "u", mcpServerId: server.id),
      status: FlowStatus(status: .pending), createdAt: Date(), expiresAt: Date().addingTimeInterval(60))
  }
}
