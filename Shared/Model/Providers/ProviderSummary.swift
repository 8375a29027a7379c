/// An entry of the catalogue as owners see it (`GET /v1/providers`).
public struct ProviderSummary: Codable, Sendable {
  /// A value that the owner fills in, such as a subdomain.
  public struct Variable: Codable, Sendable {
    public var label: String
    /// The anchored pattern that a value must match.
    public var pattern: String
    public var defaultValue: String?

    public init(label: String, pattern: String, defaultValue: String?) {
      self.label = label
      self.pattern = pattern
      self.defaultValue = defaultValue
    }
  }

  public var id: String
  public var name: String
  public var category: String
  public var providerUrl: String
  public var documentationUrl: String?
  public var variables: [String: Variable]
  public var defaultScopes: [String]
  /// `required`, `supported` or `off`.
  public var pkce: String
  /// `refreshToken`, `exchangeAccessToken` or `none`.
  public var refresh: String
  /// `rfc7009`, `custom` or `none`.
  public var revocation: String
  public var mcpServerUrl: String?
  public var quirks: [String]

  public init(
    id: String, name: String, category: String, providerUrl: String, documentationUrl: String?,
    variables: [String: Variable], defaultScopes: [String], pkce: String, refresh: String, revocation: String,
    mcpServerUrl: String?, quirks: [String]
  ) {
    self.id = id
    self.name = name
    self.category = category
    self.providerUrl = providerUrl
    self.documentationUrl = documentationUrl
    self.variables = variables
    self.defaultScopes = defaultScopes
    self.pkce = pkce
    self.refresh = refresh
    self.revocation = revocation
    self.mcpServerUrl = mcpServerUrl
    self.quirks = quirks
  }
}

/// The catalogue, answered by the policy service.
public enum ProviderEndpoints {
  public static let list = Endpoint<OnBehalf<PageRequest>, Page<ProviderSummary>>(
    .policy, .post, "/internal/providers/list", callers: [.gateway])
  public static let show = Endpoint<OnBehalf<ProviderReference>, ProviderSummary>(
    .policy, .post, "/internal/providers/show", callers: [.gateway])
}

/// Names an entry of the catalogue.
public struct ProviderReference: Codable, Sendable {
  public var id: String

  public init(id: String) { self.id = id }
}
