/// Integrations, answered by the policy service; checks and discovery, answered by the exchanger.
public enum IntegrationEndpoints {
  /// `custom` must be complete: ask ``discover`` first. The secret goes straight on to the vault.
  public static let create = Endpoint<OnBehalf<CreateIntegration>, Integration>(
    .policy, .post, "/internal/integrations/create", callers: [.gateway])
  public static let list = Endpoint<OnBehalf<PageRequest>, Page<Integration>>(
    .policy, .post, "/internal/integrations/list", callers: [.gateway])
  public static let show = Endpoint<OnBehalf<Reference<IntegrationKind>>, Integration>(
    .policy, .post, "/internal/integrations/show", callers: [.gateway])
  public static let update = Endpoint<OnBehalf<Targeted<IntegrationKind, UpdateIntegration>>, Integration>(
    .policy, .post, "/internal/integrations/update", callers: [.gateway])
  public static let delete = Endpoint<OnBehalf<Targeted<IntegrationKind, DeleteIntegration>>, Empty>(
    .policy, .post, "/internal/integrations/delete", callers: [.gateway], timeoutSeconds: 30)
  /// Stores a new secret; the gateway has it tried by ``check`` first.
  public static let rotateSecret = Endpoint<OnBehalf<Targeted<IntegrationKind, RotateClientSecret>>, Integration>(
    .policy, .post, "/internal/integrations/rotate-secret", callers: [.gateway])
  /// A grant for the exchanger to check the Integration, and what it needs for that. Owners and admins.
  public static let authorizeCheck = Endpoint<OnBehalf<Reference<IntegrationKind>>, ClientAccess>(
    .policy, .post, "/internal/integrations/authorize-check", callers: [.gateway])
  /// What the exchanger needs to refresh or revoke, without a person present.
  public static let client = Endpoint<ClientReference, IntegrationClient>(
    .policy, .post, "/internal/integrations/client", callers: [.exchanger])

  /// Fills a custom provider's endpoints from its metadata (RFC 8414, OpenID Connect Discovery).
  public static let discover = Endpoint<CustomProvider, CustomProvider>(
    .exchanger, .post, "/internal/discovery", callers: [.gateway], timeoutSeconds: 30)
  /// The provider doctor. Under a grant with ``Grant/Purpose/verify``; a secret in the request is tried instead of the stored one.
  public static let check = Endpoint<CheckIntegration, [IntegrationCheck]>(
    .exchanger, .post, "/internal/integrations/check", callers: [.gateway], timeoutSeconds: 30)
}

/// A request that is about one thing with an id.
public struct Targeted<Kind: IdentifiedKind, Request: Codable & Sendable>: Codable, Sendable {
  public var id: Identifier<Kind>
  public var request: Request

  public init(_ id: Identifier<Kind>, _ request: Request) {
    self.id = id
    self.request = request
  }
}

/// `DELETE /v1/integrations/{id}?revoke=`
public struct DeleteIntegration: Codable, Sendable {
  /// Also remove it from MCP servers that use it, and revoke its Connections.
  public var revoke: Bool

  public init(revoke: Bool) { self.revoke = revoke }
}

/// Names an Integration together with its organization.
public struct ClientReference: Codable, Sendable {
  public var organizationId: OrganizationID
  public var integrationId: IntegrationID

  public init(organizationId: OrganizationID, integrationId: IntegrationID) {
    self.organizationId = organizationId
    self.integrationId = integrationId
  }
}

/// A grant together with the Integration's configuration.
public struct ClientAccess: Codable, Sendable {
  public var grant: SignedGrant
  public var client: IntegrationClient
  /// What the tokens of a flow are for (RFC 8707); absent where they are for no resource in particular.
  public var resource: String?

  public init(grant: SignedGrant, client: IntegrationClient, resource: String? = nil) {
    self.grant = grant
    self.client = client
    self.resource = resource
  }
}

/// Asks the exchanger to check an Integration at its provider.
public struct CheckIntegration: Codable, Sendable {
  public var client: IntegrationClient
  public var clientSecret: WireSecret?

  public init(client: IntegrationClient, clientSecret: WireSecret? = nil) {
    self.client = client
    self.clientSecret = clientSecret
  }
}
