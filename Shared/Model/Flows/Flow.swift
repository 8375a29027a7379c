public import FoundationEssentials

/// An authorization in progress as the public API shows it.
public struct Flow: Codable, Sendable {
  public var id: FlowID
  /// The connect page, to be opened by the person.
  public var url: String
  public var expiresAt: Date
  /// What the person is asked, for a host that shows it before it opens the connect page.
  public var consent: FlowConsent?

  public init(id: FlowID, url: String, expiresAt: Date, consent: FlowConsent? = nil) {
    self.id = id
    self.url = url
    self.expiresAt = expiresAt
    self.consent = consent
  }
}

/// `GET /v1/flows/{id}`
public struct FlowStatus: Codable, Sendable {
  public enum Status: String, Codable, Sendable { case pending, completed, failed }

  /// Where a pending flow is.
  public enum Stage: String, Codable, Sendable {
    /// Nobody has pressed "Continue".
    case created
    /// The browser was sent to the provider.
    case atProvider
    /// The provider sent it back; the tokens are being fetched and stored.
    case returned
  }

  /// Why a flow failed.
  public struct Failure: Codable, Sendable {
    public var code: ErrorCode
    public var message: String
    /// What the code alone does not tell.
    public var reason: Reason?

    /// Stable words.
    public enum Reason: String, Codable, Sendable {
      /// Another account was chosen at the provider than the one that is authorized again. Nothing was stored.
      case wrongAccount = "wrong_account"
    }

    public init(code: ErrorCode, message: String, reason: Reason? = nil) {
      self.code = code
      self.message = message
      self.reason = reason
    }
  }

  public var status: Status
  public var connectionId: ConnectionID?
  public var error: Failure?
  /// Only while the flow is pending.
  public var stage: Stage?

  public init(status: Status, connectionId: ConnectionID? = nil, error: Failure? = nil, stage: Stage? = nil) {
    self.status = status
    self.connectionId = connectionId
    self.error = error
    self.stage = stage
  }
}

/// Begins a flow. Organization, user and connection scope come from the grant.
public struct CreateFlow: Codable, Sendable {
  public var integrationId: IntegrationID
  /// What will be asked for: requested or default scopes with the identity scopes, within the ceiling.
  public var scopes: [String]
  /// Shown to the person; says nothing about identity.
  public var application: ApplicationDescription?
  public var integrationName: String
  public var provider: String
  public var providerName: String
  public var providerUrl: String
  public var organizationName: String
  /// Who is connecting, as shown to the person.
  public var userDisplay: String
  /// Authorize again: the same account, the same id. Another account at the provider fails the flow.
  public var connectionId: ConnectionID?
  /// Shown and sent as `login_hint`, for a Connection that is authorized again.
  public var accountHint: String?
  /// The MCP server that the tokens are for, whoever's Connection it becomes.
  public var mcpServerId: MCPServerID?

  public init(
    integrationId: IntegrationID, scopes: [String], application: ApplicationDescription?, integrationName: String,
    provider: String, providerName: String, providerUrl: String, organizationName: String, userDisplay: String,
    connectionId: ConnectionID? = nil, accountHint: String? = nil, mcpServerId: MCPServerID? = nil
  ) {
    self.integrationId = integrationId
    self.scopes = scopes
    self.application = application
    self.integrationName = integrationName
    self.provider = provider
    self.providerName = providerName
    self.providerUrl = providerUrl
    self.organizationName = organizationName
    self.userDisplay = userDisplay
    self.connectionId = connectionId
    self.accountHint = accountHint
    self.mcpServerId = mcpServerId
  }
}

/// A flow without its secrets: what the connect page shows and what the exchanger and the policy service decide on.
public struct FlowFacts: Codable, Sendable {
  public var id: FlowID
  public var organizationId: OrganizationID
  public var userId: UserID
  public var scope: ConnectionScope
  public var actor: Actor
  public var request: CreateFlow
  public var status: FlowStatus
  public var createdAt: Date
  public var expiresAt: Date

  public init(
    id: FlowID, organizationId: OrganizationID, userId: UserID, scope: ConnectionScope, actor: Actor,
    request: CreateFlow, status: FlowStatus, createdAt: Date, expiresAt: Date
  ) {
    self.id = id
    self.organizationId = organizationId
    self.userId = userId
    self.scope = scope
    self.actor = actor
    self.request = request
    self.status = status
    self.createdAt = createdAt
    self.expiresAt = expiresAt
  }
}

/// Asks for a flow's status, waiting for its end.
public struct FlowQuery: Codable, Sendable {
  public var id: FlowID
  /// Seconds to wait, at most 25.
  public var waitSeconds: Int

  public init(id: FlowID, waitSeconds: Int) {
    self.id = id
    self.waitSeconds = waitSeconds
  }
}
