import Audit
import Model

extension AuditEntry {
  /// Something that a grant allowed, or did not.
  init(
    _ action: VaultAction, on target: Target?, under authority: Authority, outcome: Outcome = .succeeded,
    details: [String: String] = [:]
  ) {
    let grant = authority.grant
    self.init(
      organizationId: grant.organizationId, action: action.rawValue, actor: grant.actor,
      userId: grant.userId ?? grant.actor.member,
      // A scope may be an MCP server's own; an Application that acts is named as what it is.
      applicationId: grant.actor.kind == .application ? grant.actor.id : grant.scope?.applicationId,
      appId: grant.scope?.appId, charmId: grant.actor.kind == .charm ? grant.actor.id : nil,
      caller: authority.service, target: target, outcome: outcome, grantId: grant.id, requestId: authority.requestId,
      details: details)
  }

  /// Something that one of our services did without a grant of its own: it carries on what a grant allowed before.
  init(
    _ action: VaultAction, on target: Target, in organization: OrganizationID, for user: UserID?,
    scope: ConnectionScope? = nil, by caller: Caller, outcome: Outcome = .succeeded, details: [String: String] = [:]
  ) {
    self.init(
      organizationId: organization, action: action.rawValue,
      actor: Actor(kind: .service, id: caller.service.rawValue), userId: user, applicationId: scope?.applicationId,
      appId: scope?.appId, caller: caller.service, target: target, outcome: outcome, requestId: caller.requestId,
      details: details)
  }

  /// A calling service without a grant.
  struct Caller: Sendable {
    var service: ServiceName
    var requestId: String?

    /// The vault's own work, done without being asked.
    static let vault = Caller(service: .vault, requestId: nil)
  }
}

extension Actor {
  /// Whoever runs a command on the database of the vault.
  static let operatorAtWork = Actor(kind: .operatorCommand, id: "lanyard")
}

extension AuditEntry.Target {
  static func connection(_ id: ConnectionID) -> Self { Self(kind: "connection", id: id.rawValue) }
  static func flow(_ id: FlowID) -> Self { Self(kind: "flow", id: id.rawValue) }
  static func revocation(_ id: RevocationID) -> Self { Self(kind: "revocation", id: id.rawValue) }
  static func organizationKey(version: UInt32) -> Self { Self(kind: "organizationKey", id: String(version)) }
  static func secret(_ kind: OrganizationSecretKind, owner: String) -> Self { Self(kind: kind.rawValue, id: owner) }
}
