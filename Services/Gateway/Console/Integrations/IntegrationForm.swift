import Model

/// What an owner has filled in for a new Integration. The secret is not among it: a page never shows it again.
struct IntegrationForm: Sendable {
  static let customProvider = "custom"
  /// Before the name of a field that fills in one of the provider's variables.
  static let variablePrefix = "variable-"

  var provider: String
  var name: String?
  var clientId: String?
  var scopes: [String]?
  /// Of a custom provider: where discovery begins.
  var providerUrl: String?
  private let fields: FormFields?

  var isCustom: Bool { provider == Self.customProvider }

  /// An empty one.
  init(provider: String) {
    self.provider = provider
    fields = nil
  }

  init(_ fields: FormFields) {
    provider = fields.filled("provider") ?? Self.customProvider
    name = fields.filled("name")
    clientId = fields.filled("clientId")
    scopes = fields.words("scopes")
    providerUrl = fields.filled("providerUrl")
    self.fields = fields
  }

  func variable(_ name: String) -> String? { fields?.filled(Self.variablePrefix + name) }

  /// - Throws: `invalid_request` with what is missing.
  func request() throws -> CreateIntegration {
    guard let name else { throw ServiceError(.invalidRequest, "Fill in a name.") }
    guard let clientId else { throw ServiceError(.invalidRequest, "Fill in the client ID.") }
    guard !isCustom || providerUrl != nil else {
      throw ServiceError(.invalidRequest, "Fill in the address of the provider.")
    }
    return CreateIntegration(
      name: name, provider: provider, clientId: clientId, clientSecret: fields?.secret("clientSecret"),
      defaultScopes: scopes, variables: variables, custom: providerUrl.map { CustomProvider(providerUrl: $0) })
  }

  private var variables: [String: String]? {
    guard let names = fields?.names.filter({ $0.hasPrefix(Self.variablePrefix) }), !names.isEmpty else { return nil }
    return names.reduce(into: [:]) { variables, name in
      variables[String(name.dropFirst(Self.variablePrefix.count))] = fields?.filled(name)
    }
  }
}
