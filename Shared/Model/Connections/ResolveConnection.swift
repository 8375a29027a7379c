/// Asks the vault for a usable access token, within the grant's organization, user, scope and Integrations.
public struct ResolveConnection: Codable, Sendable {
  /// How an account is chosen (reference: the browser API's `prompt`).
  public enum Prompt: String, Codable, Sendable {
    /// A preferred Connection, else a single one, else the default one, else the person chooses.
    case auto
    /// The person always chooses.
    case selectAccount = "select_account"
  }

  public var prompt: Prompt
  /// Exactly this Connection: no selection, and `connection_not_found` when it is not in the grant's reach, whatever the reason.
  public var connectionId: ConnectionID?
  /// An earlier choice of this session; ignored when it no longer exists.
  public var preferredConnectionId: ConnectionID?
  /// Scopes that must be covered by what was granted; absent or empty = no check.
  public var scopes: [String]?
  /// Seconds to wait for a refresh that somebody else is doing, at most 25.
  public var waitSeconds: Int
  /// What a token that still lives, but not for long, is good for. Absent: it is refreshed first.
  public var freshness: Freshness?

  /// How fresh a token must be.
  public enum Freshness: String, Codable, Sendable {
    /// A refresh has just been tried in vain: a token that still lives is better than none.
    case whatLives
    /// The caller has seen its token refused: not before a refresh that is under way has ended.
    case afterRefresh
  }

  public init(
    prompt: Prompt = .auto, connectionId: ConnectionID? = nil, preferredConnectionId: ConnectionID? = nil,
    scopes: [String]? = nil, waitSeconds: Int = 25, freshness: Freshness? = nil
  ) {
    self.prompt = prompt
    self.connectionId = connectionId
    self.preferredConnectionId = preferredConnectionId
    self.scopes = scopes
    self.waitSeconds = waitSeconds
    self.freshness = freshness
  }
}

/// The vault's answer to ``ResolveConnection``. `outcome` says which of the optional fields are there.
public struct ResolvedConnection: Codable, Sendable {
  public enum Outcome: String, Codable, Sendable {
    /// `connection` and `accessToken`. The audit row of the release is committed.
    case ready
    /// `choices`
    case selectAccount
    /// Nothing is connected yet.
    case none
    /// `connection`: its token has ended (or is about to) and nobody is refreshing it; ask the exchanger, then resolve again.
    case refreshRequired
    /// `connection`: the person must authorize again; `connection.reason` says why.
    case reauthorizationRequired
    /// `connection`: it does not cover the scopes that were asked for.
    case insufficientScope
  }

  public var outcome: Outcome
  public var connection: Connection?
  public var accessToken: WireSecret?
  public var choices: [Connection]?

  public init(
    outcome: Outcome, connection: Connection? = nil, accessToken: WireSecret? = nil, choices: [Connection]? = nil
  ) {
    self.outcome = outcome
    self.connection = connection
    self.accessToken = accessToken
    self.choices = choices
  }
}

/// Narrows a list of Connections; absent fields match everything that the grant reaches.
public struct ListConnections: Codable, Sendable {
  public var userId: UserID?
  public var integrationId: IntegrationID?
  public var status: Connection.Status?
  public var page: PageRequest

  public init(
    userId: UserID? = nil, integrationId: IntegrationID? = nil, status: Connection.Status? = nil,
    page: PageRequest = PageRequest()
  ) {
    self.userId = userId
    self.integrationId = integrationId
    self.status = status
    self.page = page
  }
}

/// What a person may change about one of their Connections.
public enum ConnectionChange: String, Codable, Sendable, CaseIterable {
  /// Taken without asking when an Application has several accounts.
  case makeDefault
  case pause
  case resume
}
