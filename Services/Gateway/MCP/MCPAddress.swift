import Model

/// A server as one caller reaches it: what is remembered about it is remembered for them alone.
struct MCPAddress: Hashable, Sendable {
  var url: String
  var serverId: MCPServerID
  var organizationId: OrganizationID
  /// Sessions of a server may hold what belongs to a person: nobody shares one.
  var userId: UserID?
  var credentialOwner: ConnectionID?
  /// Nor do two Applications of one person.
  var application: ConnectionScope?
  /// Whether servers may ask the person in the middle of a call: that is agreed on with the session.
  var showsForms: Bool

  init(
    _ server: MCPServerAccess, _ credential: MCPCredential, _ identity: CallerIdentity, showsForms: Bool = false
  ) {
    url = server.url
    serverId = server.id
    organizationId = identity.caller.organizationId
    userId = identity.caller.user?.id
    credentialOwner = credential.connection?.id
    self.showsForms = showsForms
    application = identity.application.map { acting in
      ConnectionScope(
        applicationType: .application, applicationId: acting.description.id,
        appId: acting.description.appId ?? acting.description.id)
    }
  }
}
