public import FoundationEssentials

/// A secret that was released to be used, with the version that it is told apart by.
public struct VersionedSecret: Codable, Sendable {
  public var version: Int64
  public var value: WireSecret

  public init(version: Int64, value: WireSecret) {
    self.version = version
    self.value = value
  }
}

/// Stands beside every released client secret: which version it is, and what to go on with when the provider refuses it.
public struct ClientSecretVersions: Codable, Sendable {
  /// The version of the released secret itself, the newest: it is tried first.
  public var current: Int64
  /// The one before it, while it lives. Tried once, and only where the provider answers `invalid_client` to the newest.
  public var previous: VersionedSecret?

  public init(current: Int64, previous: VersionedSecret?) {
    self.current = current
    self.previous = previous
  }
}

/// What a provider said of a client's secrets in the course of one request, by version.
public struct ClientSecretVerdict: Codable, Sendable, Hashable {
  /// The one that it knew; absent when it refused each, or said nothing about them.
  public var accepted: Int64?
  /// Those that it answered with `invalid_client`.
  public var refused: [Int64]

  public init(accepted: Int64? = nil, refused: [Int64] = []) {
    self.accepted = accepted
    self.refused = refused
  }

  /// Whether the provider knows none of the client's secrets.
  public var isRefusal: Bool { accepted == nil && !refused.isEmpty }
}

/// One live client secret of an Integration, as owners and admins see it. Never the secret.
public struct ClientSecret: Codable, Sendable, Hashable {
  public enum State: String, Codable, Sendable {
    /// The newest, tried first.
    case current
    /// The one before it, tried when the provider refuses the newest; destroyed when nothing has needed it for a while.
    case previous
  }

  public var state: State
  public var createdAt: Date
  /// When the provider last accepted it, to the minute; absent when it never has since this is written down.
  public var lastUsedAt: Date?
  /// Since when the provider refuses it; absent while it does not.
  public var refusedSince: Date?
  /// When it ends, if the owner said so. A previous one is destroyed then.
  public var expiresAt: Date?

  public init(state: State, createdAt: Date, lastUsedAt: Date?, refusedSince: Date?, expiresAt: Date?) {
    self.state = state
    self.createdAt = createdAt
    self.lastUsedAt = lastUsedAt
    self.refusedSince = refusedSince
    self.expiresAt = expiresAt
  }
}

/// What stands between an Integration and its provider. Its owner must act; the people whose Connections it serves need not.
public struct IntegrationProblem: Codable, Sendable, Hashable {
  public enum Kind: String, Codable, Sendable {
    /// The provider knows none of the client's secrets: refreshes have stopped but for a trial now and then, and Connections stay as they are.
    case clientRefused
    /// The provider refuses the newest secret, and the one before it still works.
    case currentSecretRefused
  }

  public var kind: Kind
  /// The provider's word as a stable one, such as `invalid_client`.
  public var reason: String
  public var since: Date
  /// What to do about it.
  public var detail: String

  public init(kind: Kind, reason: String, since: Date) {
    self.kind = kind
    self.reason = reason
    self.since = since
    detail =
      switch kind {
      case .clientRefused:
        "The provider refuses the client, so nothing is refreshed. Check the client id there, make a new secret and store it here."
      case .currentSecretRefused:
        "The provider refuses the newest secret, and only the one before it works. Store one that the provider accepts."
      }
  }
}

/// Asks the vault for the client secrets of Integrations, without the secrets.
public struct DescribeClients: Codable, Sendable {
  /// Integrations in one question: as many as a page has.
  public static let maximumIntegrations = 200

  public var integrationIds: [IntegrationID]

  public init(integrationIds: [IntegrationID]) { self.integrationIds = integrationIds }
}

/// What the vault knows of an Integration's client.
public struct ClientDescription: Codable, Sendable {
  public var integrationId: IntegrationID
  /// The newest first.
  public var secrets: [ClientSecret]
  public var problem: IntegrationProblem?

  public init(integrationId: IntegrationID, secrets: [ClientSecret], problem: IntegrationProblem?) {
    self.integrationId = integrationId
    self.secrets = secrets
    self.problem = problem
  }
}

extension SecretEndpoints {
  /// ``Grant/Purpose/administer``.
  public static let describeClients = Endpoint<DescribeClients, [ClientDescription]>(
    .vault, .post, "/internal/secrets/describe-clients", callers: [.policy])
}
