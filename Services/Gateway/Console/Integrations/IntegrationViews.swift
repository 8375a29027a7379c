import Foundation
import Model

/// The list of Integrations.
struct IntegrationsPage: Sendable {
  struct Line: Sendable {
    var address: String
    var name: String
    var service: String
    var isEnabled: Bool
  }

  var organizationName: String
  var integrations: [Line]
  var hasIntegrations: Bool
  var next: String?

  init(_ page: Page<Integration>, of caller: Caller) {
    organizationName = ShownPerson(caller).organizationName
    integrations = page.items.map {
      Line(
        address: LocalPath.integration($0.id).text, name: ConsoleText.line($0.name),
        service: ConsoleText.host($0.providerUrl), isEnabled: $0.status == .enabled)
    }
    hasIntegrations = !integrations.isEmpty
    next = page.nextCursor.map { LocalPath.integrations.at($0).text }
  }
}

/// The catalogue, to choose from.
struct ProvidersPage: Sendable {
  struct Category: Sendable {
    var name: String
    var providers: [Entry]
  }

  struct Entry: Sendable {
    var name: String
    var address: String
  }

  var categories: [Category]
  /// For a provider that is not among them.
  var customAddress: String

  init(_ providers: [ProviderSummary]) {
    categories = Dictionary(grouping: providers, by: \.category).sorted { $0.key < $1.key }.map { category, members in
      Category(
        name: Self.words(category),
        providers: members.sorted { $0.name.lowercased() < $1.name.lowercased() }.map {
          Entry(name: $0.name, address: Self.address(of: $0.id))
        })
    }
    customAddress = Self.address(of: IntegrationForm.customProvider)
  }

  /// A category as people read it; the short ones are abbreviations.
  private static func words(_ category: String) -> String {
    guard category.count > 3 else { return category.uppercased() }
    return category.prefix(1).uppercased() + category.dropFirst().replacing("-", with: " ")
  }

  private static func address(of provider: String) -> String { "\(LocalPath.newIntegration.text)?provider=\(provider)" }
}

/// The form for a new Integration.
struct NewIntegrationPage: Sendable {
  struct Variable: Sendable {
    var field: String
    var label: String
    var value: String
  }

  var provider: String
  var providerName: String
  var documentationUrl: String?
  var isCustom: Bool
  var name: String
  var clientId: String
  var scopes: String
  var providerUrl: String
  var variables: [Variable]
  /// Why the form was not taken.
  var problem: String?
  var csrfToken: String

  init(_ form: IntegrationForm, _ provider: ProviderSummary?, problem: String?, csrfToken: String) {
    self.provider = form.provider
    providerName = provider?.name ?? "another provider"
    documentationUrl = provider?.documentationUrl.flatMap { $0.hasPrefix("https://") ? $0 : nil }
    isCustom = form.isCustom
    name = form.name ?? provider?.name ?? ""
    clientId = form.clientId ?? ""
    scopes = (form.scopes ?? provider?.defaultScopes ?? []).joined(separator: " ")
    providerUrl = form.providerUrl ?? ""
    variables = (provider?.variables ?? [:]).sorted { $0.key < $1.key }.map { name, variable in
      Variable(
        field: IntegrationForm.variablePrefix + name, label: variable.label,
        value: form.variable(name) ?? variable.defaultValue ?? "")
    }
    self.problem = problem
    self.csrfToken = csrfToken
  }
}

/// One Integration.
struct IntegrationPage: Sendable {
  struct Check: Sendable {
    var name: String
    var detail: String
    var isGood: Bool
  }

  var address: String
  var name: String
  var service: String
  var clientId: String
  var redirectUri: String
  var scopes: String?
  var isEnabled: Bool
  var secretExpiresAt: String?
  var checks: [Check]
  var hasChecks: Bool
  var problem: String?
  var csrfToken: String

  init(_ integration: Integration, checks: [IntegrationCheck], problem: String?, csrfToken: String) {
    address = LocalPath.integration(integration.id).text
    name = ConsoleText.line(integration.name)
    service = ConsoleText.host(integration.providerUrl)
    clientId = ConsoleText.line(integration.clientId)
    redirectUri = integration.redirectUri
    scopes = integration.defaultScopes.isEmpty ? nil : integration.defaultScopes.joined(separator: " ")
    isEnabled = integration.status == .enabled
    secretExpiresAt = integration.secretExpiresAt.map(ShownTime.text)
    self.checks = checks.map {
      Check(
        name: $0.name.replacing("_", with: " "),
        detail: DisplayText.line($0.detail, maximum: ConsoleText.sentenceLength),
        isGood: $0.ok)
    }
    hasChecks = !checks.isEmpty
    self.problem = problem
    self.csrfToken = csrfToken
  }
}

/// Texts as the console shows them.
enum ConsoleText {
  /// Characters of a name that are shown.
  static let nameLength = 80
  /// Characters of a sentence that comes from outside.
  static let sentenceLength = 400

  static func line(_ text: String) -> String { DisplayText.line(text, maximum: nameLength) }
  static func host(_ url: String) -> String { URLComponents(string: url)?.host ?? line(url) }
}
