import Model

/// Which Connections changes of access concern: those through which members could do what they may do no longer, or the other way round.
struct ConcernedConnections: Sendable {
  /// Connections of one kind, without whose they are.
  private struct Family: Hashable {
    var integration: IntegrationID?
    var type: ConnectionScope.ApplicationType
    var application: String?
  }

  private let before: AccessWorld
  private let after: AccessWorld
  private var members: [Family: Set<UserID>] = [:]

  init(before: AccessWorld, after: AccessWorld) {
    self.before = before
    self.after = after
  }

  /// Adds everything that is different for one member.
  mutating func add(_ changes: [RulePreview.AccessChange]) {
    for change in changes {
      guard let family = family(change) else { continue }
      members[family, default: []].insert(change.userId)
    }
  }

  /// Takes what was added, as the vault is asked.
  mutating func take() -> [CountConnections.Kind] {
    defer { members = [:] }
    return members.map { family, users in
      CountConnections.Kind(
        userIds: users.sorted { $0.rawValue < $1.rawValue }, integrationId: family.integration,
        applicationType: family.type, applicationId: family.application)
    }
  }

  private func family(_ change: RulePreview.AccessChange) -> Family? {
    if let integration = change.integrationId {
      return Family(integration: integration, type: .application, application: change.applicationId)
    }
    guard let id = change.mcpServerId, let server = before.servers[id] ?? after.servers[id], server.auth.type == .oauth
    else { return nil }
    // An Application that calls a server does it with its own accounts.
    guard let application = change.applicationId else {
      return Family(integration: nil, type: .mcpServer, application: id.rawValue)
    }
    return Family(integration: server.auth.integrationId, type: .application, application: application)
  }
}
