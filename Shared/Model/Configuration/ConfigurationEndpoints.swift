/// `GET /v1/configuration`: the document, and which state of the organization it shows.
public struct OrganizationConfiguration: Codable, Sendable {
  public var configuration: ConfigurationDocument
  /// Another one with every change of what the document shows. Given back with a change, it guards against a lost update.
  public var version: String

  public init(configuration: ConfigurationDocument, version: String) {
    self.configuration = configuration
    self.version = version
  }
}

/// `PUT /v1/configuration`
public struct PutConfiguration: Codable, Sendable {
  public var configuration: ConfigurationDocument
  /// Values by the names that the document refers to. Used where something new needs one.
  public var secrets: [String: WireSecret]?
  /// Names of secrets whose values also take the place of stored ones.
  public var replaceSecrets: [String]?
  /// Only from this state; whatever the state is when absent.
  public var version: String?

  public init(
    configuration: ConfigurationDocument, secrets: [String: WireSecret]? = nil, replaceSecrets: [String]? = nil,
    version: String? = nil
  ) {
    self.configuration = configuration
    self.secrets = secrets
    self.replaceSecrets = replaceSecrets
    self.version = version
  }

  /// Reads the document alone as well, for whom nothing else needs to be said.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    configuration =
      container.contains(.configuration)
      ? try container.decode(ConfigurationDocument.self, forKey: .configuration)
      : try ConfigurationDocument(from: decoder)
    secrets = try container.decodeIfPresent([String: WireSecret].self, forKey: .secrets)
    replaceSecrets = try container.decodeIfPresent([String].self, forKey: .replaceSecrets)
    version = try container.decodeIfPresent(String.self, forKey: .version)
  }
}

/// A configuration that is to be applied, or only held against what there is.
public struct ApplyConfiguration: Codable, Sendable {
  public var request: PutConfiguration
  /// Whether what the document's lists leave out is deleted.
  public var prune: Bool
  public var dryRun: Bool

  public init(request: PutConfiguration, prune: Bool, dryRun: Bool) {
    self.request = request
    self.prune = prune
    self.dryRun = dryRun
  }
}

/// What applying a configuration did, or would do.
public struct ConfigurationReport: Codable, Sendable {
  public enum Kind: String, Codable, Sendable, CaseIterable {
    case organization, integration, mcpServer, charm, application, rule
  }

  /// One thing of the organization.
  public struct Entry: Codable, Sendable, Hashable {
    public var kind: Kind
    public var name: String
    /// Of something new that is only planned: absent.
    public var id: String?
    /// What is different about it; of secrets only that they are replaced.
    public var fields: [String]?

    public init(kind: Kind, name: String, id: String?, fields: [String]? = nil) {
      self.kind = kind
      self.name = name
      self.id = id
      self.fields = fields
    }
  }

  /// Whether nothing was changed, because only the plan was asked for.
  public var dryRun: Bool
  /// Of the state that the plan is for, or that applying made.
  public var version: String
  public var created: [Entry] = []
  public var changed: [Entry] = []
  public var unchanged: [Entry] = []
  public var deleted: [Entry] = []
  /// Of a plan: secrets that applying needs and that were not given.
  public var missingSecrets: [String]?
  /// Of a plan: who could do what afterwards.
  public var impact: Impact?
  /// What is left to do after applying: a sentence each.
  public var notes: [String]?

  public init(dryRun: Bool, version: String) {
    self.dryRun = dryRun
    self.version = version
  }

  /// Whether nothing is different from what there is.
  public var isEmpty: Bool { created.isEmpty && changed.isEmpty && deleted.isEmpty }
}

/// The organization's configuration as one document, answered by the policy service. For owners and admins.
public enum ConfigurationEndpoints {
  public static let show = Endpoint<OnBehalf<Empty>, OrganizationConfiguration>(
    .policy, .post, "/internal/configuration/show", callers: [.gateway])
  /// All or nothing, but for secrets that are replaced: the vault keeps the old ones for a while. A custom provider must be complete.
  public static let apply = Endpoint<OnBehalf<ApplyConfiguration>, ConfigurationReport>(
    .policy, .post, "/internal/configuration/apply", callers: [.gateway], timeoutSeconds: 30)
}
