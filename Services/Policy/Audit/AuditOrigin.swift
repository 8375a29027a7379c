import Model

/// On whose behalf an audit row is written.
struct AuditOrigin: Sendable {
  var organizationId: OrganizationID
  var userId: UserID?
  var actor: Actor
  /// The service through which the call came.
  var service: ServiceName
  var requestId: String?
  /// The authorization of the MCP client that acts in the person's name, where one does.
  var clientAuthorizationId: ClientAuthorizationID?

  init(
    organizationId: OrganizationID, userId: UserID? = nil, actor: Actor, service: ServiceName,
    requestId: String? = nil, clientAuthorizationId: ClientAuthorizationID? = nil
  ) {
    self.organizationId = organizationId
    self.userId = userId
    self.actor = actor
    self.service = service
    self.requestId = requestId
    self.clientAuthorizationId = clientAuthorizationId
  }
}

extension Principal {
  var origin: AuditOrigin {
    AuditOrigin(
      organizationId: organizationId, userId: caller.user?.id, actor: actor, service: service,
      requestId: requestId, clientAuthorizationId: clientAuthorizationId)
  }
}
