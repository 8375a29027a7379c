/// What a person is shown before they go to the provider: who asks, for which account, for what.
public struct FlowConsent: Codable, Sendable, Hashable {
  /// The service that is connected.
  public struct Provider: Codable, Sendable, Hashable {
    public var id: String
    public var name: String
    public var url: String

    public init(id: String, name: String, url: String) {
      self.id = id
      self.name = name
      self.url = url
    }
  }

  /// One thing that is asked for.
  public struct Scope: Codable, Sendable, Hashable {
    /// As the provider names it.
    public var scope: String
    /// In words; absent where nobody can say more than the scope itself.
    public var description: String?
    /// Whether it lets its holder change or delete something, or act as the person.
    public var sensitive: Bool

    public init(scope: String, description: String?, sensitive: Bool) {
      self.scope = scope
      self.description = description
      self.sensitive = sensitive
    }
  }

  public var organizationName: String
  public var integrationName: String
  /// Who is connecting, as the organization knows them.
  public var userDisplay: String
  public var provider: Provider
  /// The account that is authorized again; absent when any will do.
  public var account: String?
  public var scopes: [Scope]

  public init(
    organizationName: String, integrationName: String, userDisplay: String, provider: Provider, account: String?,
    scopes: [Scope]
  ) {
    self.organizationName = organizationName
    self.integrationName = integrationName
    self.userDisplay = userDisplay
    self.provider = provider
    self.account = account
    self.scopes = scopes
  }
}
