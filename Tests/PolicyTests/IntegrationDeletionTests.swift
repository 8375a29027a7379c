import Foundation
import Model
import ServiceKit
import ServiceTokens
import TestSupport
import Testing

@testable import PolicyKit

/// What becomes of an Integration that its owner no longer wants.
@Suite("Deleting Integrations")
struct IntegrationDeletionTests {
  @Test func aDeletedIntegrationIsOutOfUseAtOnceAndItsConnectionsAreRevoked() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      let made = try await tenant.createIntegration()
      func delete() async -> ErrorCode? {
        await refusal {
          try await policy.gateway.call(
            IntegrationEndpoints.delete, OnBehalf(tenant.apiKey, Targeted(made.id, DeleteIntegration(revoke: false))))
        }
      }
      #expect(await delete() == nil)
      #expect(try policy.vault.received(RevocationEndpoints.create).map(\.integrationId) == [made.id])
      let grant = try policy.service.keys.credentials(of: .vault).grants.verify(
        try #require(policy.vault.grants(RevocationEndpoints.create.path).first), presentedBy: .policy)
      #expect(grant.purposes == [.administer])
      #expect(grant.presenters == [.policy])
      #expect(await delete() == .integrationNotFound)
      #expect(
        await refusal {
          try await policy.gateway.call(
            IntegrationEndpoints.show, OnBehalf(tenant.apiKey, Reference<IntegrationKind>(id: made.id)))
        } == .integrationNotFound)
      let session = try await tenant.session()
      #expect(
        await refusal {
          try await tenant.authorize(
            AccessRequest(integrationId: made.id, application: .init(id: "app"), purposes: [.list]), as: session)
        } == .integrationNotFound)
      // The exchanger still needs it to revoke tokens at the provider.
      let client = try await policy.exchanger.call(
        IntegrationEndpoints.client, ClientReference(organizationId: tenant.id, integrationId: made.id))
      #expect(client.status == .disabled)
      let task = try policy.database.superuser("SELECT kind, due_at > now() + interval '24 hours' FROM vault_task")
      #expect(task == "destroySecret|t\n")
    }
  }

  @Test(.timeLimit(.minutes(3))) func theSecretOfADeletedIntegrationIsDestroyedWhenItsTimeHasCome() async throws {
    let database = try await PolicyDatabase.make()
    try await PolicyFixture.with(database: database) { policy in
      let tenant = try await policy.makeTenant()
      let made = try await tenant.createIntegration()
      _ = try await policy.gateway.call(
        IntegrationEndpoints.delete, OnBehalf(tenant.apiKey, Targeted(made.id, DeleteIntegration(revoke: true))))
      try database.superuser("UPDATE vault_task SET due_at = now()")
    }
    // The worker of a service that starts looks at once.
    try await PolicyFixture.with(database: database) { policy in
      while try database.superuser("SELECT count(*) FROM integration") != "0\n" { try await letOthersRun() }
      #expect(try policy.vault.received(SecretEndpoints.delete).count == 1)
      #expect(try database.superuser("SELECT count(*) FROM vault_task") == "0\n")
    }
  }

  @Test func whatIsInUseIsNotDeletedUnlessSaidSo() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      let made = try await tenant.createIntegration()
      let server = try await tenant.createServer(
        "Mail", auth: MCPServerAuthInput(type: .oauth, integrationId: made.id))
      func delete(revoke: Bool) async throws {
        _ = try await policy.gateway.call(
          IntegrationEndpoints.delete, OnBehalf(tenant.apiKey, Targeted(made.id, DeleteIntegration(revoke: revoke))))
      }
      do {
        try await delete(revoke: false)
        Issue.record("it was deleted")
      } catch let error as ServiceError {
        #expect(error.code == .integrationInUse)
        #expect(error.facts["mcpServers"] == ["Mail"])
      }
      #expect(try policy.vault.received(RevocationEndpoints.create).isEmpty)
      try await delete(revoke: true)
      #expect(try policy.vault.received(RevocationEndpoints.create).map(\.integrationId) == [made.id])
      let left = try await tenant.show(server.id)
      #expect(left.auth == MCPServerAuth(type: .oauth), "it is there, and not set up")
    }
  }
}
