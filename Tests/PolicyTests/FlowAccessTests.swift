import Foundation
import Model
import ServiceKit
import TestSupport
import Testing

@testable import PolicyKit

@Suite("Access of a flow")
struct FlowAccessTests {
  /// A flow as the vault would tell of it.
  private func facts(
    _ tenant: Tenant, user: UserID, integration: IntegrationID, scopes: [String] = ["repo"], app: String = "app",
    type: ConnectionScope.ApplicationType = .application, status: FlowStatus.Status = .pending,
    lifetime: Double = 600
  ) -> FlowFacts {
    FlowFacts(
      id: .random(), organizationId: tenant.id, userId: user,
      scope: ConnectionScope(applicationType: type, applicationId: app, appId: app),
      actor: Actor(kind: .application, id: app),
      request: CreateFlow(
        integrationId: integration, scopes: scopes, application: ApplicationDescription(id: app),
        integrationName: "GitHub", provider: "github", providerName: "GitHub", providerUrl: "https://github.com",
        organizationName: "Acme", userDisplay: "Alice"),
      status: FlowStatus(status: status), createdAt: Date(), expiresAt: Date(timeIntervalSinceNow: lifetime))
  }

  private func withFlow(
    _ body: (PolicyFixture, Tenant, UserID, Integration) async throws -> Void
  ) async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      var request = Tenant.github
      request.maximumScopes = ["repo", "gist"]
      let integration = try await tenant.createIntegration(request)
      let session = try await tenant.createSession(CreateSession(user: .init(id: "alice")))
      _ = try await tenant.authorize(
        AccessRequest(integrationId: integration.id, application: .init(id: "app"), purposes: [.connect]),
        as: Tenant.hash(session.token.secret))
      try await body(policy, tenant, session.userId, integration)
    }
  }

  @Test func aFlowGetsAGrantOfItsOwn() async throws {
    try await withFlow { policy, tenant, user, integration in
      let facts = facts(tenant, user: user, integration: integration.id)
      let access = try await policy.exchanger.call(AccessEndpoints.authorizeFlow, facts)
      let grant = try policy.open(access.grant, presentedBy: .exchanger)
      #expect(grant.purposes == [.authorize])
      #expect(grant.presenters == [.exchanger])
      #expect(grant.flowId == facts.id)
      #expect(grant.userId == user)
      #expect(grant.integrationIds == [integration.id])
      #expect(grant.scope == facts.scope)
      #expect(grant.actor == facts.actor)
      #expect(access.client.redirectUri == integration.redirectUri)
      #expect(throws: (any Error).self) { try policy.open(access.grant, presentedBy: .gateway) }
    }
  }

  @Test func theRulesAreAskedAgain() async throws {
    try await withFlow { policy, tenant, user, integration in
      let good = facts(tenant, user: user, integration: integration.id)
      func ask(_ facts: FlowFacts) async -> ErrorCode? {
        await refusal { try await policy.exchanger.call(AccessEndpoints.authorizeFlow, facts) }
      }
      #expect(await ask(good) == nil)
      #expect(await ask(facts(tenant, user: .random(), integration: integration.id)) == .policyDenied)
      #expect(await ask(facts(tenant, user: user, integration: .random())) == .integrationNotFound)
      #expect(await ask(facts(tenant, user: user, integration: integration.id, scopes: ["admin:org"])) == .policyDenied)
      #expect(await ask(facts(tenant, user: user, integration: integration.id, app: "unseen")) == .policyDenied)
      #expect(await ask(facts(tenant, user: user, integration: integration.id, type: .mcpServer)) == .policyDenied)
      #expect(await ask(facts(tenant, user: user, integration: integration.id, status: .completed)) == .flowExpired)
      #expect(await ask(facts(tenant, user: user, integration: integration.id, lifetime: -1)) == .flowExpired)
      let other = try await policy.makeTenant("Other")
      #expect(await ask(facts(other, user: user, integration: integration.id)) == .policyDenied)

      func state(_ state: Application.State) async throws {
        _ = try await policy.gateway.call(
          ApplicationEndpoints.update,
          OnBehalf(tenant.apiKey, TargetedApplication(id: "app", update: UpdateApplication(state: state))))
      }
      try await state(.blocked)
      #expect(await ask(good) == .applicationBlocked)
      try await state(.allowed)
      func status(_ status: Integration.Status) async throws {
        _ = try await policy.gateway.call(
          IntegrationEndpoints.update,
          OnBehalf(tenant.apiKey, Targeted(integration.id, UpdateIntegration(status: status))))
      }
      try await status(.disabled)
      #expect(await ask(good) == .integrationNotFound)
      try await status(.enabled)
      #expect(await ask(good) == nil)
      _ = try await policy.gateway.call(
        SessionEndpoints.removeUser, OnBehalf(tenant.apiKey, Reference<UserKind>(id: user)))
      #expect(await ask(good) == .policyDenied)
    }
  }

  @Test func onlyTheExchangerAsks() async throws {
    try await withFlow { policy, tenant, user, integration in
      let facts = facts(tenant, user: user, integration: integration.id)
      #expect(await isRefusedAsCaller { try await policy.gateway.call(AccessEndpoints.authorizeFlow, facts) })
      #expect(
        await isRefusedAsCaller {
          try await policy.gateway.call(
            IntegrationEndpoints.client, ClientReference(organizationId: tenant.id, integrationId: integration.id))
        })
      #expect(
        await isRefusedAsCaller {
          try await policy.exchanger.call(SessionEndpoints.verify, OnBehalf(tenant.apiKey, Empty()))
        })
    }
  }

  /// Whether the service itself was turned away. Its client shows that to nobody, so the cause is looked at.
  private func isRefusedAsCaller<Result>(_ body: () async throws -> Result) async -> Bool {
    do {
      _ = try await body()
      return false
    } catch {
      return ((error as? ServiceError)?.cause as? ServiceError)?.code == .forbidden
    }
  }
}
