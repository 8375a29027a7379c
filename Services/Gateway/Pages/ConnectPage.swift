import Foundation
import Model

/// What the connect page shows: who asks, for what, on whose behalf.
struct ConnectPage: Sendable {
  var flowId: String
  var csrfToken: String
  var applicationName: String
  /// Instead of the Application's own icon: this page loads nothing from elsewhere.
  var applicationInitial: String
  var applicationDescription: String?
  var providerName: String
  var providerInitial: String
  var providerHost: String
  var integrationName: String
  var organizationName: String
  var userDisplay: String
  /// The account that is authorized again.
  var accountHint: String?
  var scopes: [Scope]
  var hasScopes: Bool

  /// One line of what is asked for.
  struct Scope: Sendable {
    /// In words, or the scope itself where there are none.
    var title: String
    /// The scope itself, below its words.
    var name: String?
    var isSensitive: Bool

    init(_ scope: FlowConsent.Scope) {
      title = scope.description ?? scope.scope
      name = scope.description == nil ? nil : scope.scope
      isSensitive = scope.sensitive
    }
  }

  /// Characters of a name and a description that are shown: more would push what matters off the page.
  private static let nameLength = 60
  private static let descriptionLength = 200

  init(_ facts: FlowFacts, consent: FlowConsent, csrfToken: String) {
    let request = facts.request
    flowId = facts.id.rawValue
    self.csrfToken = csrfToken
    applicationName =
      request.application.map { DisplayText.line($0.name ?? $0.appId ?? $0.id, maximum: Self.nameLength) }
      ?? "Your organization's assistants"
    applicationDescription = request.application?.description.map {
      DisplayText.line($0, maximum: Self.descriptionLength)
    }
    applicationInitial = String(applicationName.prefix(1)).uppercased()
    providerName = consent.provider.name
    providerInitial = String(consent.provider.name.prefix(1)).uppercased()
    providerHost = URLComponents(string: consent.provider.url)?.host ?? consent.provider.url
    integrationName = consent.integrationName
    organizationName = consent.organizationName
    userDisplay = consent.userDisplay
    accountHint = consent.account
    scopes = consent.scopes.map(Scope.init)
    hasScopes = !scopes.isEmpty
  }
}
