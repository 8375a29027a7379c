import Audit
public import FoundationEssentials
public import Logging
public import Model
public import PostgreSQL

/// Organizations as the operator at the command line makes and lists them.
public struct OrganizationService: Sendable {
  let database: PostgresClient
  let mutations: Mutations

  /// - Parameter database: connected as the application role; ``list()`` needs the owner role.
  public init(database: PostgresClient, logger: Logger) {
    self.database = database
    // Used inside transactions only, so the writer need not run.
    let audit = PolicyAudit(writer: AuditWriter(client: database, logger: logger))
    mutations = Mutations(database: database, audit: audit, changes: ChangeStore(database: database))
  }

  /// A new organization and its first API key, whose token is shown this once.
  public struct Created: Sendable {
    public var organizationId: OrganizationID
    public var apiKeyId: APIKeyID
    public var apiKey: Secret<String>
  }

  /// An organization in a list.
  public struct Summary: Sendable {
    public var organizationId: OrganizationID
    public var name: String
    public var createdAt: Date
    /// When an operator closed it for good; nil while it is in use.
    public var closedAt: Date?

    init(_ row: PostgresRow) throws {
      organizationId = try row.id("organization_id")
      name = try row.get("name")
      createdAt = try row.get("created_at")
      closedAt = try row.get("closed_at")
    }
  }

  /// Makes an organization with one API key of every scope.
  /// - Throws: `invalid_request` for a name that cannot be one.
  public func create(name: String) async throws -> Created {
    try TextRules.check(name, field: "name", maximum: PolicyLimits.organizationNameLength)
    let organization = OrganizationID.random()
    let key = APIKeyID.random()
    let token = CredentialToken.make(.apiKey)
    return try await mutations.run(by: Self.origin(organization)) { transaction in
      try await transaction.query(
        "INSERT INTO organization (organization_id, name) VALUES (\(organization), \(name))")
      try await transaction.query(
        """
        INSERT INTO api_key (organization_id, api_key_id, name, token_hash, scopes) \
        VALUES (\(organization), \(key), 'first key', \(TokenHash(of: token).bytes), \
        \(APIKeyScope.allCases.map(\.rawValue)))
        """)
      return (
        Created(organizationId: organization, apiKeyId: key, apiKey: token),
        .init([
          AuditFact(action: .organizationCreated, targetKind: "organization", targetId: organization.rawValue),
          AuditFact(action: .apiKeyCreated, targetKind: "api-key", targetId: key.rawValue),
        ])
      )
    }
  }

  /// Every organization, oldest first. Row-level security shows them to the owner role only.
  public func list() async throws -> [Summary] {
    try await database.read(
      "SELECT organization_id, name, created_at, closed_at FROM organization ORDER BY created_at"
    ).map(Summary.init)
  }

  static func origin(_ organization: OrganizationID) -> AuditOrigin {
    AuditOrigin(organizationId: organization, actor: Actor(kind: .operatorCommand, id: "lanyard"), service: .policy)
  }
}
