import Foundation
import Model
import ServiceKit
import TestSupport
import Testing

@testable import PolicyKit

/// Who may use which MCP server, under which grant.
@Suite("Access to MCP servers")
struct MCPAccessTests {
  private let app = ApplicationDescription(id: "app-1", appId: "com.example.mail", name: "Mail")

  @Test func eachAuthenticationHasAGrantOfItsOwn() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      let integration = try await tenant.createIntegration()
      let created = try await tenant.createSession(CreateSession(user: .init(id: "alice")))
      let session = Tenant.hash(created.token.secret)
      let open = try await tenant.createServer("A open")
      let fixed = try await tenant.createServer("B fixed", auth: Tenant.staticToken)
      let own = try await tenant.createServer(
        "C own", auth: MCPServerAuthInput(type: .oauth, integrationId: integration.id))
      let access = try await tenant.access(as: session)
      #expect(access.servers.map(\.id) == [open.id, fixed.id, own.id])
      #expect(access.servers.allSatisfy { $0.decision.effect == .allow })
      #expect(abs(access.expiresAt.timeIntervalSinceNow - 60) < 10)
      #expect(access.servers[0].grant == nil)

      let token = try policy.open(try #require(access.servers[1].grant), presentedBy: .gateway)
      #expect(token.purposes == [.useStaticToken] && token.presenters == [.gateway])
      #expect(token.scope == .server(fixed.id) && token.integrationIds == [] && token.userId == created.userId)
      #expect(throws: (any Error).self) {
        try policy.open(try #require(access.servers[1].grant), presentedBy: .exchanger)
      }
      let connection = try policy.open(try #require(access.servers[2].grant), presentedBy: .exchanger)
      #expect(connection.purposes == [.release, .list, .connect] && connection.presenters == [.gateway, .exchanger])
      #expect(connection.scope == .server(own.id) && access.servers[2].scope == .server(own.id))
      #expect(connection.integrationIds == [integration.id] && connection.userId == created.userId)
      #expect(access.servers[2].integration?.id == integration.id && access.servers[2].scopes == ["repo"])
      let rows = try policy.database.superuser(
        "SELECT target_id FROM audit_entry WHERE action = 'access.granted' AND target_kind = 'mcp-server' ORDER BY seq")
      #expect(Set(rows.split(separator: "\n").map(String.init)) == Set([open, fixed, own].map(\.id.rawValue)))
    }
  }

  @Test func anApplicationHasConnectionsOfItsOwn() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      let integration = try await tenant.createIntegration()
      let session = try await tenant.session()
      let own = try await tenant.createServer(
        "Own", auth: MCPServerAuthInput(type: .oauth, integrationId: integration.id, scopes: ["gist"]))
      let fixed = try await tenant.createServer("Fixed", auth: Tenant.staticToken)
      let access = try await tenant.access(own.id, application: app, as: session).servers[0]
      let grant = try policy.open(try #require(access.grant), presentedBy: .gateway)
      #expect(
        grant.scope
          == ConnectionScope(applicationType: .application, applicationId: "app-1", appId: "com.example.mail"))
      #expect(grant.scope == access.scope && grant.actor == Actor(kind: .application, id: "app-1"))
      #expect(access.scopes == ["gist"])
      let token = try await tenant.access(fixed.id, application: app, as: session).servers[0].grant
      let tokenGrant = try policy.open(try #require(token), presentedBy: .gateway)
      #expect(tokenGrant.scope == .server(fixed.id) && tokenGrant.actor.kind == .application)

      _ = try await policy.gateway.call(
        ApplicationEndpoints.update,
        OnBehalf(tenant.apiKey, TargetedApplication(id: "app-1", update: .init(state: .blocked))))
      #expect(
        await refusal { try await tenant.access(own.id, application: app, as: session) } == .applicationBlocked)
      #expect(
        await refusal { try await tenant.access(application: .init(id: "a\u{0}"), as: session) } == .invalidRequest)
      #expect(await refusal { try await tenant.access(application: app, as: tenant.apiKey) } == .forbidden)
    }
  }

  @Test func whatIsNotSetUpIsRefusedByNameAndLeftOutOfTheWhole() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      var request = Tenant.github
      request.maximumScopes = ["repo", "gist"]
      let integration = try await tenant.createIntegration(request)
      let session = try await tenant.session()
      let bare = try await tenant.createServer("Bare", auth: MCPServerAuthInput(type: .oauth))
      let own = try await tenant.createServer(
        "Own", auth: MCPServerAuthInput(type: .oauth, integrationId: integration.id, scopes: ["gist"]))
      func rule(_ server: MCPServer, as credential: CredentialHash) async throws -> String {
        let access = try await tenant.access(server.id, as: credential).servers[0]
        #expect((access.grant == nil) == (access.decision.effect == .deny))
        return access.decision.decidingRule
      }
      func change(_ update: UpdateIntegration) async throws {
        _ = try await policy.gateway.call(
          IntegrationEndpoints.update, OnBehalf(tenant.apiKey, Targeted(integration.id, update)))
      }
      #expect(try await rule(bare, as: session) == "no-integration")
      #expect(try await rule(own, as: session) == "organization-default")
      #expect(try await rule(own, as: tenant.apiKey) == "purpose", "an API key has no Connections")
      #expect(try await tenant.access(as: session).servers.map(\.id) == [own.id])
      try await change(UpdateIntegration(maximumScopes: ["repo"]))
      #expect(try await rule(own, as: session) == "scope-ceiling")
      try await change(UpdateIntegration(maximumScopes: ["repo", "gist"], status: .disabled))
      #expect(try await rule(own, as: session) == "no-integration")
      #expect(try await tenant.access(as: session).servers.isEmpty)
      try await tenant.update(own.id, UpdateMCPServer(status: .disabled))
      #expect(await refusal { try await tenant.access(own.id, as: session) } == .notFound)
      let fixed = try await tenant.createServer("Fixed", auth: Tenant.staticToken)
      #expect(
        try await rule(fixed, as: tenant.apiKey) == "organization-default", "the host platform refreshes its tools")
      let refusals = try policy.database.superuser(
        "SELECT count(*) FROM audit_entry WHERE action = 'access.refused' AND outcome = 'refused'")
      #expect(refusals == "4\n")
    }
  }

  @Test func callersNeverGetTheseGrantsElsewhere() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      let session = try await tenant.session()
      for application in [nil, app] {
        #expect(
          await refusal {
            try await tenant.authorize(
              AccessRequest(application: application, purposes: [.useStaticToken]), as: session)
          } == .forbidden)
      }
    }
  }

  /// A flow for an MCP server's Connection, as the vault would tell of it.
  private func flow(
    _ tenant: Tenant, _ user: UserID, _ integration: IntegrationID, server: String, appId: String? = nil,
    actor: Actor = Actor(kind: .member)
  ) -> FlowFacts {
    FlowFacts(
      id: .random(), organizationId: tenant.id, userId: user,
      scope: ConnectionScope(applicationType: .mcpServer, applicationId: server, appId: appId ?? server), actor: actor,
      request: CreateFlow(
        integrationId: integration, scopes: ["repo"], application: ApplicationDescription(id: server),
        integrationName: "GitHub", provider: "github", providerName: "GitHub", providerUrl: "https://github.com",
        organizationName: "Acme", userDisplay: "Alice"),
      status: FlowStatus(status: .pending), createdAt: Date(), expiresAt: Date(timeIntervalSinceNow: 600))
  }

  @Test func aFlowForAServersConnectionIsHeldAgainstTheServer() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      let (integration, other) = (try await tenant.createIntegration(), try await tenant.createIntegration())
      let user = try await tenant.createSession(CreateSession(user: .init(id: "alice"))).userId
      let server = try await tenant.createServer(
        auth: MCPServerAuthInput(type: .oauth, integrationId: integration.id))
      try await tenant.createCharm("has", [.init(mcpServerId: server.id)])
      try await tenant.createCharm("hasNot", [])
      let id = server.id.rawValue
      func ask(_ facts: FlowFacts) async -> ErrorCode? {
        await refusal { try await policy.exchanger.call(AccessEndpoints.authorizeFlow, facts) }
      }
      func charm(_ charm: String?) -> Actor { Actor(kind: .charm, id: charm) }
      let access = try await policy.exchanger.call(
        AccessEndpoints.authorizeFlow, flow(tenant, user, integration.id, server: id))
      #expect(try policy.open(access.grant, presentedBy: .exchanger).scope == .server(server.id))
      #expect(await ask(flow(tenant, user, integration.id, server: id, actor: charm("has"))) == nil)
      for wrong in [
        flow(tenant, user, integration.id, server: id, actor: charm("hasNot")),
        flow(tenant, user, integration.id, server: id, actor: charm(nil)),
        flow(tenant, user, integration.id, server: id, appId: "com.thief"),
        flow(tenant, user, integration.id, server: "mcp_unknown"),
        flow(tenant, user, integration.id, server: "app"), flow(tenant, user, other.id, server: id),
        flow(tenant, .random(), integration.id, server: id),
      ] {
        #expect(await ask(wrong) == .policyDenied)
      }
      try await tenant.update(server.id, UpdateMCPServer(status: .disabled))
      #expect(await ask(flow(tenant, user, integration.id, server: id)) == .policyDenied)
    }
  }
}
