import Model

/// A server as one caller reaches it: what is remembered about it is remembered for them alone.
struct MCPAddress: Hashable, Sendable {
  var url: String
  var serverId: MCPServerID
  var organizationId: OrganizationID
  /// Sessions of a server may hold what belongs to a person: nobody shares one.
  var userId: UserID?
  var credentialOwner: ConnectionID?

  init(_ server: MCPServerAccess, _ credential: MCPCredential, _ caller: Caller) {
    url = server.url
    serverId = server.id
    organizationId = caller.organizationId
    userId = caller.user?.id
    credentialOwner = credential.connection?.id
  }
}
