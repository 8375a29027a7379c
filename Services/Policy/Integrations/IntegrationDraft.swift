import FoundationEssentials
import Model
import Providers

/// A new Integration, checked: everything that can be known without asking the provider.
struct IntegrationDraft: Sendable {
  var name: String
  var provider: Provider
  var variables: [String: String]
  var custom: CustomProvider?
  var clientId: String
  var clientSecret: WireSecret?
  var defaultScopes: [String]
  var maximumScopes: [String]?

  /// The normalized URL that Applications select by.
  var providerUrl: String

  /// - Throws: `invalid_request` that names what is wrong.
  init(_ request: CreateIntegration, providers: ProviderDirectory) throws {
    try TextRules.check(request.name, field: "name", maximum: PolicyLimits.nameLength)
    name = request.name
    try TextRules.check(request.clientId, field: "clientId", maximum: PolicyLimits.clientIdLength)
    clientId = request.clientId
    clientSecret = try request.clientSecret.map { try ClientSecretRule.check($0) }
    guard (request.variables ?? [:]).count <= PolicyLimits.variableCount else {
      throw ServiceError(.invalidRequest, "variables must have at most \(PolicyLimits.variableCount) entries.")
    }
    if let custom = request.custom { try Self.check(custom) }
    let resolved = try providers.resolve(
      request.provider, variables: request.variables ?? [:], custom: request.custom)
    provider = resolved.provider
    // The operator's own values are looked up when they are needed, so that an Integration follows a moved practice
    // provider.
    variables = providers.ownersVariables(resolved, of: request.provider)
    custom = request.custom
    guard let url = ProviderURL.normalize(provider.providerUrl) else {
      throw ServiceError(.invalidRequest, "The provider's URL must be a plain https URL without a query.")
    }
    providerUrl = url
    guard clientSecret != nil || provider.tokenRequest.clientAuth == .none else {
      throw ServiceError(.invalidRequest, "clientSecret is missing: the provider authenticates its clients.")
    }
    let scopes = try ScopeCeiling(
      defaults: request.defaultScopes ?? provider.defaultScopes, maximum: request.maximumScopes,
      identityScopes: provider.scopes.identityScopes)
    defaultScopes = scopes.defaults
    maximumScopes = scopes.maximum
  }

  /// What the catalogue's own checks leave open: sizes, and scopes that are scopes.
  private static func check(_ custom: CustomProvider) throws {
    _ = try TextRules.scopes(custom.identityScopes ?? [], field: "custom.identityScopes")
    guard custom.sendsIssuer != true || custom.issuer != nil else {
      throw ServiceError(
        .invalidRequest, "custom.issuer is missing: custom.sendsIssuer says that the provider names itself by it.",
        facts: ["fields": ["custom.issuer"]])
    }
    // PostgreSQL's jsonb has no place for it.
    guard !(try WireJSON.text(custom)).contains("\\u0000") else {
      throw ServiceError(.invalidRequest, "custom must not hold control characters.")
    }
    let parameters = custom.extraAuthorizationParams ?? [:]
    guard parameters.count <= PolicyLimits.variableCount else {
      throw ServiceError(
        .invalidRequest, "custom.extraAuthorizationParams must have at most \(PolicyLimits.variableCount) entries.")
    }
    for (name, value) in parameters {
      try TextRules.check(name, field: "custom.extraAuthorizationParams", maximum: PolicyLimits.scopeLength)
      try TextRules.check(value, field: "custom.extraAuthorizationParams", maximum: PolicyLimits.scopeLength)
    }
  }
}

/// Default scopes that lie within the ceiling.
struct ScopeCeiling: Sendable {
  var defaults: [String]
  var maximum: [String]?

  /// - Throws: `invalid_request` that names the default scopes beyond the ceiling.
  init(defaults: [String], maximum: [String]?, identityScopes: [String]) throws {
    self.defaults = try TextRules.scopes(defaults, field: "defaultScopes")
    self.maximum = try maximum.map { try TextRules.scopes($0, field: "maximumScopes") }
    guard let ceiling = self.maximum else { return }
    let allowed = Set(ceiling).union(identityScopes)
    let excess = self.defaults.filter { !allowed.contains($0) }
    guard excess.isEmpty else {
      throw ServiceError(
        .invalidRequest, "defaultScopes go beyond maximumScopes: \(excess.sorted().joined(separator: ", ")).")
    }
  }
}

/// What a client secret looks like from outside: some bytes, not too many.
enum ClientSecretRule {
  static func check(_ secret: WireSecret) throws -> WireSecret {
    let fits = secret.secret.expose { text in
      (1...PolicyLimits.clientSecretBytes).contains(text.utf8.count)
        && text.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
    }
    guard fits else {
      throw ServiceError(
        .invalidRequest,
        "clientSecret must have 1 to \(PolicyLimits.clientSecretBytes) bytes and no control characters.")
    }
    return secret
  }
}
