import Model
import ScopeTexts

/// Says in words what a flow asks a person for: on the connect page and in the host's own dialog alike.
struct ConsentDescriber: Sendable {
  let texts: ScopeDictionary

  func consent(for request: CreateFlow) -> FlowConsent {
    FlowConsent(
      organizationName: request.organizationName, integrationName: request.integrationName,
      userDisplay: request.userDisplay,
      provider: .init(id: request.provider, name: request.providerName, url: request.providerUrl),
      account: request.accountHint, scopes: scopes(request.scopes, of: request.provider))
  }

  func scopes(_ scopes: [String], of provider: String) -> [FlowConsent.Scope] {
    scopes.map { scope in
      let text = texts.text(for: scope, of: provider)
      return FlowConsent.Scope(scope: scope, description: text.description, sensitive: text.isSensitive)
    }
  }
}
