public import FoundationEssentials

/// A short-lived capability, signed by the policy service: who may do what with which Connections, and which service may present it.
///
/// The vault releases or uses a secret only under a grant that agrees with the record in every field. Travels as a signed token
/// (EdDSA, `kid` of the policy service); these are its claims.
public struct Grant: Codable, Sendable, Hashable {
  /// Names the grant in audit rows; single-use purposes are refused a second time by it.
  public var id: GrantID
  public var organizationId: OrganizationID
  /// Whose Connections; absent only for ``Purpose/administer`` and for secrets and keys that belong to the organization.
  public var userId: UserID?
  /// Who acts.
  public var actor: Actor
  /// What may be done.
  public var purposes: Set<Purpose>
  /// The Integrations it covers. Empty means none; absent means all of the organization, and is given to people managing what is their own
  /// and to administrators, never to an Application or a Charm.
  public var integrationIds: [IntegrationID]?
  /// The Connections' application that it is narrowed to; absent for people managing what is their own and for administrators.
  public var scope: ConnectionScope?
  /// The flow that it is bound to, for ``Purpose/authorize``.
  public var flowId: FlowID?
  /// The webhook that it is bound to, for ``Purpose/signWebhook`` and for writing its secret.
  public var webhookId: WebhookID?
  /// The services that may present it: a grant in other hands is worth nothing.
  public var presenters: Set<ServiceName>
  public var issuedAt: Date
  /// At most ``maximumLifetimeSeconds`` after `issuedAt`.
  public var expiresAt: Date

  /// Seconds that a grant may live at most.
  public static let maximumLifetimeSeconds = 60

  /// What a grant allows. One word per kind of access, so that a stolen grant opens one door.
  public enum Purpose: String, Codable, Sendable, CaseIterable {
    /// See descriptors of Connections, never a token.
    case list
    /// Receive access tokens, which includes a refresh when one is due.
    case release
    /// Begin a flow.
    case connect
    /// Carry a flow through: its verifier, the client secret, storing the tokens. Bound to one flow. Given to the exchanger.
    case authorize
    /// Follow or cancel flows of one's own; nothing else.
    case watch
    /// Revoke.
    case revoke
    /// Rename, pause, make default: a person's management of their own Connections.
    case manage
    /// Store, rotate and destroy secrets of the organization (client secrets, static tokens). Given to the policy service. Single use.
    case writeSecret
    /// Use a client secret to check the Integration at its provider. Given to the exchanger.
    case verify
    /// Receive the static token of the MCP server that the scope names, to send it to that server.
    case useStaticToken
    /// See and revoke everyone's Connections, and read the audit trail: owners and admins.
    case administer
    /// Have a message signed with a webhook's secret. Given to the policy service.
    case signWebhook
    /// Begin a rotation of the organization's key: owners.
    case rotateKeys
    /// See how rotations of the organization's key stand: owners and admins.
    case followKeys
  }

  public init(
    id: GrantID = .random(), organizationId: OrganizationID, userId: UserID?, actor: Actor, purposes: Set<Purpose>,
    integrationIds: [IntegrationID]?, scope: ConnectionScope?, flowId: FlowID? = nil,
    webhookId: WebhookID? = nil, presenters: Set<ServiceName>, issuedAt: Date, expiresAt: Date
  ) {
    self.id = id
    self.organizationId = organizationId
    self.userId = userId
    self.actor = actor
    self.purposes = purposes
    self.integrationIds = integrationIds
    self.scope = scope
    self.flowId = flowId
    self.webhookId = webhookId
    self.presenters = presenters
    self.issuedAt = issuedAt
    self.expiresAt = expiresAt
  }
}

/// A grant as it travels: the signed token. Prints redacted, since whoever holds it can use it together with a service's credential.
public struct SignedGrant: Codable, Sendable {
  public var token: WireSecret
  public var expiresAt: Date

  public init(token: WireSecret, expiresAt: Date) {
    self.token = token
    self.expiresAt = expiresAt
  }
}

/// Who acts: a person in the console, an Application, a Charm, the host platform, or one of our services.
public struct Actor: Codable, Sendable, Hashable {
  public enum Kind: String, Codable, Sendable {
    case member, application, charm, hostPlatform, service, operatorCommand
  }

  public var kind: Kind
  /// The member's, the Application's (at its platform) or the Charm's id, the API key's id, or the service's name.
  public var id: String?

  public init(kind: Kind, id: String? = nil) {
    self.kind = kind
    self.id = id
  }

  /// The person, where a member acts for themselves.
  public var member: UserID? { kind == .member ? id.flatMap(UserID.init(validating:)) : nil }
}

/// The application side of a Connection's identity. Together with organization, user and Integration it says whose tokens these are.
///
/// Both the platform's identity and the declared `appId` count: declaring another Application's `appId` gains nothing.
public struct ConnectionScope: Codable, Sendable, Hashable {
  public enum ApplicationType: String, Codable, Sendable {
    case application = "Application"
    case mcpServer = "McpServer"
  }

  public var applicationType: ApplicationType
  /// The platform's identity of the Application, or the id of the MCP server.
  public var applicationId: String
  /// What the Application declares about itself; the platform identity where it declares nothing.
  public var appId: String

  public init(applicationType: ApplicationType, applicationId: String, appId: String) {
    self.applicationType = applicationType
    self.applicationId = applicationId
    self.appId = appId
  }
}
