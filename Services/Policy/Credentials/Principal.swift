import Model

/// A verified caller within one call: who asks, with what, through which of our services.
struct Principal: Sendable {
  var caller: Caller
  /// What an API key may be used for; nil for people.
  var keyScopes: Set<APIKeyScope>?
  /// The service that passed the call on.
  var service: ServiceName
  /// Names the request in logs and audit rows.
  var requestId: String

  var organizationId: OrganizationID { caller.organizationId }

  /// Whose doing it is: the host platform by its key, a Charm on a member's behalf, or the member.
  var actor: Actor {
    switch caller.credential {
    case .apiKey: Actor(kind: .hostPlatform, id: caller.credentialId)
    case .session, .consoleSession:
      caller.charmId.map { Actor(kind: .charm, id: $0) } ?? Actor(kind: .member)
    }
  }

  /// Owners and admins configure, and API keys that are made for it.
  /// - Throws: `forbidden`.
  func requireConfiguration() throws {
    try require(.configuration)
    guard caller.role.mayConfigure else {
      throw ServiceError(.forbidden, "Only owners and admins of the organization may do this.")
    }
    guard caller.charmId == nil else {
      throw ServiceError(.forbidden, "A session that is bound to a Charm cannot configure the organization.")
    }
  }

  /// Holds an API key to its scopes. Says nothing about people.
  /// - Throws: `forbidden`.
  func require(_ scope: APIKeyScope) throws {
    if let keyScopes, !keyScopes.contains(scope) {
      throw ServiceError(.forbidden, "The API key does not have the scope \"\(scope.rawValue)\".")
    }
  }
}
