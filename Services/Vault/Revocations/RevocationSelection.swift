import Model
import PostgreSQL

/// Which Connections a revocation ends.
enum RevocationSelection: Sendable {
  case connection(ConnectionID)
  case user(UserID)
  case integration(IntegrationID)
  case mcpServer(MCPServerID)
  case all

  /// - Throws: `invalid_request` unless exactly one field is there.
  init(_ request: CreateRevocation) throws {
    var found: [RevocationSelection] = []
    if let user = request.userId { found.append(.user(user)) }
    if let integration = request.integrationId { found.append(.integration(integration)) }
    if let server = request.mcpServerId { found.append(.mcpServer(server)) }
    if request.all == true { found.append(.all) }
    guard found.count == 1, let selection = found.first else {
      throw ServiceError(
        .invalidRequest, "Name exactly one of userId, integrationId, mcpServerId and all, the last as true.")
    }
    self = selection
  }

  /// For the audit row.
  var details: [String: String] {
    switch self {
    case .connection(let id): ["connectionId": id.rawValue]
    case .user(let id): ["userId": id.rawValue]
    case .integration(let id): ["integrationId": id.rawValue]
    case .mcpServer(let id): ["mcpServerId": id.rawValue]
    case .all: ["all": "true"]
    }
  }

  /// The selection as a condition on the table `connection` with the alias `c`, inside one organization.
  func condition(in organization: OrganizationID) -> SQL {
    let base: SQL = "c.organization_id = \(organization.rawValue) AND c.status <> 'revoked'"
    return switch self {
    case .connection(let id): base.appending(" AND c.id = \(id.rawValue)")
    case .user(let id): base.appending(" AND c.user_id = \(id.rawValue)")
    case .integration(let id): base.appending(" AND c.integration_id = \(id.rawValue)")
    case .mcpServer(let id):
      base.appending(" AND c.application_type = 'McpServer' AND c.application_id = \(id.rawValue)")
    case .all: base
    }
  }

  /// The pending flows that would bring back what is being revoked, as a condition on `flow` with the alias `f`; nil for none.
  func flows(in organization: OrganizationID) -> SQL? {
    let base: SQL = "f.organization_id = \(organization.rawValue) AND f.status = 'pending'"
    return switch self {
    case .connection: nil
    case .user(let id): base.appending(" AND f.user_id = \(id.rawValue)")
    case .integration(let id): base.appending(" AND f.integration_id = \(id.rawValue)")
    case .mcpServer(let id):
      base.appending(" AND f.application_type = 'McpServer' AND f.application_id = \(id.rawValue)")
    case .all: base
    }
  }
}
