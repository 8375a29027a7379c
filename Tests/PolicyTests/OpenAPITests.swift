import Foundation
import Model
import Testing

@Suite("The API document")
struct OpenAPITests {
  private static let paths: [String] = [
    ConfigurationEndpoints.show.path, ConfigurationEndpoints.apply.path,
    UserEndpoints.list.path, UserEndpoints.named.path, UserEndpoints.update.path, UserEndpoints.readmit.path,
    IdentityProviderEndpoints.show.path, IdentityProviderEndpoints.authorizeChange.path,
    IdentityProviderEndpoints.put.path, IdentityProviderEndpoints.delete.path, SignInEndpoints.find.path,
    SignInEndpoints.begin.path, SignInEndpoints.claim.path, SignInEndpoints.complete.path, SignInEndpoints.refuse.path,
    SessionEndpoints.verify.path, SessionEndpoints.create.path, SessionEndpoints.end.path,
    SessionEndpoints.removeUser.path, BrowserSessionEndpoints.createLink.path, BrowserSessionEndpoints.showLink.path,
    BrowserSessionEndpoints.signIn.path, BrowserSessionEndpoints.handOver.path, BrowserSessionEndpoints.verify.path,
    BrowserSessionEndpoints.end.path, ProviderEndpoints.list.path, ProviderEndpoints.show.path,
    IntegrationEndpoints.create.path, IntegrationEndpoints.list.path, IntegrationEndpoints.show.path,
    IntegrationEndpoints.update.path, IntegrationEndpoints.delete.path, IntegrationEndpoints.rotateSecret.path,
    IntegrationEndpoints.authorizeCheck.path, IntegrationEndpoints.client.path, ApplicationEndpoints.list.path,
    ApplicationEndpoints.show.path, ApplicationEndpoints.update.path, AccessEndpoints.authorize.path,
    AccessEndpoints.authorizeFlow.path, ChangeEndpoints.poll.path, IdempotencyEndpoints.claim.path,
    IdempotencyEndpoints.complete.path, IdempotencyEndpoints.abandon.path, MCPServerEndpoints.create.path,
    MCPServerEndpoints.list.path, MCPServerEndpoints.show.path, MCPServerEndpoints.update.path,
    MCPServerEndpoints.delete.path, MCPServerEndpoints.descriptors.path, MCPServerEndpoints.descriptor.path,
    MCPServerEndpoints.tools.path, MCPServerEndpoints.storeTools.path, MCPServerEndpoints.approveTool.path,
    MCPServerEndpoints.blockTool.path, MCPAccessEndpoints.authorize.path, CharmEndpoints.create.path,
    CharmEndpoints.list.path, CharmEndpoints.show.path, CharmEndpoints.update.path, CharmEndpoints.delete.path,
    RegisteredClientEndpoints.register.path, RegisteredClientEndpoints.show.path,
    ClientAuthorizationEndpoints.review.path, ClientAuthorizationEndpoints.authorize.path,
    ClientAuthorizationEndpoints.list.path, ClientAuthorizationEndpoints.revoke.path,
    ClientTokenEndpoints.redeem.path, ClientTokenEndpoints.refresh.path, ClientTokenEndpoints.revoke.path,
    RuntimeEndpoints.servers.path, RuleEndpoints.create.path, RuleEndpoints.list.path, RuleEndpoints.show.path,
    RuleEndpoints.replace.path, RuleEndpoints.delete.path, RuleEndpoints.preview.path,
    ImpactEndpoints.show.path, AuditEndpoints.connectionCalls.path,
    DecisionEndpoints.explain.path, OrganizationEndpoints.show.path, OrganizationEndpoints.update.path,
    MCPAccessEndpoints.decideTool.path, MCPDiscoveryEndpoints.plan.path, MCPDiscoveryEndpoints.create.path,
    MCPDiscoveryEndpoints.adopt.path, MCPDiscoveryEndpoints.report.path, AuditEndpoints.recordToolCalls.path,
    AuditEndpoints.listPolicy.path, AuditEndpoints.beginExport.path, AuditEndpoints.exportPolicy.path,
    WebhookEndpoints.create.path, WebhookEndpoints.list.path, WebhookEndpoints.show.path,
    WebhookEndpoints.update.path, WebhookEndpoints.delete.path, WebhookEndpoints.deliveries.path,
    WebhookEndpoints.replay.path, NotificationEndpoints.claim.path, NotificationEndpoints.report.path,
  ]

  @Test func itNamesEveryCallAndNoOther() throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let document = try String(contentsOf: root.appendingPathComponent("docs/openapi/policy.yaml"), encoding: .utf8)
    let described = document.split(separator: "\n").filter { $0.hasPrefix("  /internal/") }
      .map { $0.dropFirst(2).dropLast() }
    #expect(Set(described.map(String.init)) == Set(Self.paths))
  }
}
