import Foundation
import Model
import ServiceKit
import TestSupport
import Testing

@testable import PolicyKit

/// Documents as the service reads and writes them.
@Suite("Configuration documents")
struct ConfigurationDocumentTests {
  private func show(_ tenant: Tenant) async throws -> OrganizationConfiguration {
    try await tenant.policy.gateway.call(ConfigurationEndpoints.show, OnBehalf(tenant.apiKey, Empty()))
  }

  @discardableResult
  private func apply(
    _ document: ConfigurationDocument, prune: Bool = false, secrets: [String: WireSecret]? = nil, to tenant: Tenant
  ) async throws -> ConfigurationReport {
    let request = PutConfiguration(configuration: document, secrets: secrets)
    return try await tenant.policy.gateway.call(
      ConfigurationEndpoints.apply,
      OnBehalf(tenant.apiKey, ApplyConfiguration(request: request, prune: prune, dryRun: false)))
  }

  @Test func moreThanADocumentHoldsIsSaidAndCanBeChangedAllTheSame() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      try policy.database.superuser(
        """
        INSERT INTO charm (organization_id, charm_id, name)
        SELECT '\(tenant.id)', 'charm-' || n, 'Charm' FROM generate_series(1, 2500) AS n
        """)
      let refused = await problem { try await show(tenant) }
      #expect(refused?.code == .conflict)
      #expect(refused?.detail.contains("2500 Charms") == true && refused?.detail.contains("2000 of a kind") == true)
      let other = try await apply(ConfigurationDocument(defaultEffect: .deny, rules: []), prune: true, to: tenant)
      #expect(other.changed.map(\.kind) == [.organization])

      let kept = (1...ConfigurationLimits.entries).map {
        ConfigurationDocument.Charm(id: "charm-\($0)", name: "Charm", mcpServers: [])
      }
      let report = try await apply(ConfigurationDocument(charms: kept), prune: true, to: tenant)
      #expect(report.deleted.count == 500 && report.unchanged.count == kept.count)
      let shown = try await show(tenant)
      #expect(shown.configuration.charms?.count == kept.count && shown.version == report.version)
    }
  }

  /// As the trail has it: a rule that names a server is never there without it.
  @Test func whatIsNewComesBeforeWhatNamesItAndGoesAfter() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      let rule: JSONValue = ["name": "R", "effect": "deny", "resources": ["mcpServers": ["Mail"]]]
      let full = ConfigurationDocument(
        integrations: [
          .init(
            name: "GitHub", provider: "github", clientId: "client",
            clientSecret: ConfigurationDocument.SecretReference("secret"))
        ],
        mcpServers: [
          .init(name: "Mail", url: "https://mcp.example.com/mcp", auth: .init(type: .oauth, integration: "GitHub"))
        ],
        charms: [.init(id: "helper", name: "Helper", mcpServers: [.init(mcpServer: "Mail")])], rules: [rule])
      try await apply(full, secrets: ["secret": WireSecret("canary")], to: tenant)
      let empty = ConfigurationDocument(integrations: [], mcpServers: [], charms: [], rules: [])
      try await apply(empty, prune: true, to: tenant)
      let actions = try policy.database.superuser(
        """
        SELECT action FROM audit_entry
        WHERE organization_id = '\(tenant.id)' AND (action LIKE '%.created' OR action LIKE '%.deleted')
          AND split_part(action, '.', 1) IN ('integration', 'mcp-server', 'charm', 'rule')
        ORDER BY seq
        """
      ).split(separator: "\n")
      #expect(
        actions == [
          "integration.created", "mcp-server.created", "charm.created", "rule.created", "charm.deleted", "rule.deleted",
          "mcp-server.deleted", "integration.deleted",
        ])
      let left = "SELECT count(*) FROM vault_task WHERE kind <> 'destroySecret'"
      #expect(try policy.database.superuser(left) == "0\n", "the vault was told at once")
      let revoked = try policy.vault.received(RevocationEndpoints.create)
      #expect(revoked.contains { $0.mcpServerId != nil } && revoked.contains { $0.integrationId != nil })
    }
  }

  private func problem(_ body: () async throws -> some Any) async -> ServiceError? {
    do {
      _ = try await body()
      return nil
    } catch {
      return error as? ServiceError
    }
  }
}
