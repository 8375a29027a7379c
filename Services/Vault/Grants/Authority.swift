import Model

/// What a verified grant lets one call do. Every store is asked through the reach that it names.
struct Authority: Sendable {
  let grant: Grant
  /// The service that made the call.
  let service: ServiceName
  let requestId: String?

  var organization: OrganizationID { grant.organizationId }

  /// - Throws: ``GrantMismatch`` unless one of the purposes is granted.
  init(_ grant: Grant, from service: ServiceName, requestId: String?, anyOf purposes: Set<Grant.Purpose>) throws {
    guard !grant.purposes.isDisjoint(with: purposes) else {
      throw GrantMismatch(reason: .purposeNotGranted, grant: grant)
    }
    self.grant = grant
    self.service = service
    self.requestId = requestId
  }

  /// Whose Connections; absent only for administrators.
  func user() throws -> UserID {
    guard let userId = grant.userId else { throw GrantMismatch(reason: .noUser, grant: grant) }
    return userId
  }

  /// The application scope, for purposes that may never reach beyond one.
  func scope() throws -> ConnectionScope {
    guard let scope = grant.scope else { throw GrantMismatch(reason: .noScope, grant: grant) }
    return scope
  }

  /// The reach for tokens: one user, one application scope and named Integrations, all of them present.
  func releaseReach() throws -> ConnectionReach {
    guard let integrations = grant.integrationIds else { throw GrantMismatch(reason: .noIntegrations, grant: grant) }
    return ConnectionReach(
      organization: organization, user: try user(), scope: try scope(), integrations: integrations)
  }

  /// The reach for everything without tokens: an administrator's is the organization, everyone else's ends at the user.
  func reach() throws -> ConnectionReach {
    ConnectionReach(
      organization: organization, user: grant.purposes.contains(.administer) ? nil : try user(),
      scope: grant.scope, integrations: grant.integrationIds)
  }

  /// - Throws: ``GrantMismatch`` unless the Integration is covered.
  func require(_ integration: IntegrationID) throws {
    guard grant.integrationIds?.contains(integration) ?? true else {
      throw GrantMismatch(reason: .otherIntegration, grant: grant)
    }
  }

  /// - Throws: ``GrantMismatch`` unless the Connection is within the reach; the caller sees `connection_not_found`.
  func require(_ record: ConnectionRecord, within reach: ConnectionReach) throws {
    guard let reason = reach.refusal(record) else { return }
    throw GrantMismatch(reason: reason, grant: grant, answer: .connectionNotFound)
  }
}

/// The Connections that a grant reaches.
struct ConnectionReach: Sendable {
  var organization: OrganizationID
  /// Absent: everyone's.
  var user: UserID?
  /// Absent: every Application's and MCP server's.
  var scope: ConnectionScope?
  /// Absent: all. Empty: none.
  var integrations: [IntegrationID]?

  /// Why a Connection is out of reach; nil when it is within.
  func refusal(_ record: ConnectionRecord) -> GrantMismatch.Reason? {
    if record.organizationId != organization { return .otherOrganization }
    if let user, record.connection.userId != user { return .otherUser }
    if let scope, record.connection.scope != scope { return .otherScope }
    if let integrations, !integrations.contains(record.connection.integrationId) { return .otherIntegration }
    return nil
  }
}
