import Model

/// On whose behalf an audit row is written.
struct AuditOrigin: Sendable {
  var organizationId: OrganizationID
  var userId: UserID?
  var actor: Actor
  /// The service through which the call came.
  var service: ServiceName
  var requestId: String?

  init(
    organizationId: OrganizationID, userId: UserID? = nil, actor: Actor, service: ServiceName, requestId: String? = nil
  ) {
    self.organizationId = organizationId
    self.userId = userId
    self.actor = actor
    self.service = service
    self.requestId = requestId
  }
}

extension Principal {
  var origin: AuditOrigin {
    AuditOrigin(
      organizationId: organizationId, userId: caller.user?.id, actor: actor, service: service, requestId: requestId)
  }
}
