import Foundation
import Model
import Mustache

/// Renders the pages that people see. Templates get a page's own struct, never a domain value: mustache reads every property it finds.
struct PageRenderer: Sendable {
  private let library: MustacheLibrary

  private static let fileExtension = "mustache"

  /// Reads the templates that ship with the gateway. Each is told how its text is escaped: the library's own way has a gap.
  init() throws {
    MustacheContentTypes.register(HTMLText(), named: HTMLText.name)
    let folder = URL(filePath: GatewayResources.folder("Templates"), directoryHint: .isDirectory)
    var library = MustacheLibrary()
    for file in try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
    where file.pathExtension == Self.fileExtension {
      let text = try String(contentsOf: file, encoding: .utf8)
      try library.register(HTMLText.declaration + text, named: file.deletingPathExtension().lastPathComponent)
    }
    self.library = library
  }

  func connect(_ page: ConnectPage) throws -> String { try render(page, "connect") }
  func outcome(_ page: OutcomePage) throws -> String { try render(page, "outcome") }
  func signIn(_ page: SignInPage) throws -> String { try render(page, "sign-in") }
  func providerSignIn(_ page: ProviderSignInPage) throws -> String { try render(page, "sign-in-provider") }
  func signInFirst(_ page: SignInFirstPage) throws -> String { try render(page, "sign-in-first") }
  func otherPerson(_ page: OtherPersonPage) throws -> String { try render(page, "other-person") }
  func consent(_ page: ConsentPage) throws -> String { try render(page, "consent") }
  func console(_ page: ConsolePage) throws -> String { try render(page, "console") }
  func integrations(_ page: IntegrationsPage) throws -> String { try render(page, "integrations") }
  func providers(_ page: ProvidersPage) throws -> String { try render(page, "providers") }
  func integrationForm(_ page: NewIntegrationPage) throws -> String { try render(page, "integration-form") }
  func integration(_ page: IntegrationPage) throws -> String { try render(page, "integration") }
  func mcpServers(_ page: MCPServersPage) throws -> String { try render(page, "mcp-servers") }
  func mcpServerForm(_ page: NewMCPServerPage) throws -> String { try render(page, "mcp-server-form") }
  func mcpServer(_ page: MCPServerPage) throws -> String { try render(page, "mcp-server") }
  func members(_ page: MembersPage) throws -> String { try render(page, "members") }
  func audit(_ page: AuditPage) throws -> String { try render(page, "audit") }
  func rules(_ page: RulesPage) throws -> String { try render(page, "rules") }
  func rule(_ page: RuleFormPage) throws -> String { try render(page, "rule") }
  func rulePreview(_ page: RulePreviewPage) throws -> String { try render(page, "rule-preview") }
  func decision(_ page: DecisionPage) throws -> String { try render(page, "decision") }
  func charms(_ page: CharmsPage) throws -> String { try render(page, "charms") }
  func charm(_ page: CharmPage) throws -> String { try render(page, "charm") }
  func applications(_ page: ApplicationsPage) throws -> String { try render(page, "applications") }
  func webhooks(_ page: WebhooksPage) throws -> String { try render(page, "webhooks") }
  func webhookForm(_ page: NewWebhookPage) throws -> String { try render(page, "webhook-form") }
  func webhookCreated(_ page: CreatedWebhookPage) throws -> String { try render(page, "webhook-created") }
  func webhook(_ page: WebhookPage) throws -> String { try render(page, "webhook") }
  func removal(_ page: RemovalPage) throws -> String { try render(page, "removal") }
  func connections(_ page: ConnectionsPage) throws -> String { try render(page, "connections") }
  func connection(_ page: ConnectionPage) throws -> String { try render(page, "connection") }

  private func render(_ page: Any, _ template: String) throws -> String {
    guard let html = library.render(page, withTemplate: template) else {
      throw ServiceError(.internalError, "The page \(template) is missing from this build.")
    }
    return html
  }
}

/// The files that ship with the gateway.
enum GatewayResources {
  // By the bundle's own path: a folder of the name Resources changes what Foundation takes for the resource path.
  static func folder(_ name: String) -> String {
    Bundle.module.bundleURL.appendingPathComponent("Resources/\(name)", isDirectory: true).path
  }
}
