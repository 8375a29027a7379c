import Model

/// Compares what members may do in two worlds. Members whom no rule tells apart may do the same, so each kind of member is asked about
/// once.
struct WorldComparison: Sendable {
  /// What rules can tell about a member.
  private struct Kind: Hashable {
    var role: Role
    var groups: Set<String>
    /// Where a rule names the member.
    var id: UserID?
  }

  /// One thing that is different, whoever the member is.
  private struct Difference {
    var agent: AccessWorld.Agent
    var thing: AccessWorld.Thing
    var before: RulePreview.Access
    var after: RulePreview.Access
  }

  let before: AccessWorld
  let after: AccessWorld
  let agents: [AccessWorld.Agent]
  private let named: Set<UserID>
  private var known: [Kind: [Difference]] = [:]

  init(before: AccessWorld, after: AccessWorld, agents: [AccessWorld.Agent]) {
    self.before = before
    self.after = after
    self.agents = agents
    named = before.rules.namedMembers.union(after.rules.namedMembers)
  }

  /// Everything that is different for one member.
  mutating func changes(for member: PreviewStore.Member) -> [RulePreview.AccessChange] {
    let kind = Kind(
      role: member.standing.role, groups: Set(member.standing.groups),
      id: named.contains(member.id) ? member.id : nil)
    let differences = known[kind] ?? differences(for: member)
    known[kind] = differences
    return differences.map { RulePreview.AccessChange(member.id, $0.agent, $0.thing, $0.before, $0.after) }
  }

  private func differences(for member: PreviewStore.Member) -> [Difference] {
    agents.flatMap { agent in
      let (old, new) = (before.answers(to: member, by: agent), after.answers(to: member, by: agent))
      return Set(old.keys).union(new.keys).compactMap { thing in
        let (before, after) = (old[thing] ?? .refused, new[thing] ?? .refused)
        return before == after ? nil : Difference(agent: agent, thing: thing, before: before, after: after)
      }.sorted { $0.thing.order < $1.thing.order }
    }
  }
}

extension RulesInForce {
  /// Members whom a rule names.
  var namedMembers: Set<UserID> { Set(drafts.values.flatMap { $0.subjects.users ?? [] }) }
  /// Charms that a rule names.
  var namedCharms: Set<String> { Set(drafts.values.flatMap { $0.subjects.charms ?? [] }) }
  /// Applications that a rule names.
  var namedApplications: Set<String> { Set(drafts.values.flatMap { $0.subjects.applications ?? [] }) }
}

extension AccessWorld.Thing {
  /// Integrations first, then each server with its tools.
  fileprivate var order: (String, String) {
    switch self {
    case .integration(let id): (id.rawValue, "")
    case .server(let id): (id.rawValue, "")
    case .tool(let id, let name): (id.rawValue, name)
    }
  }
}

extension RulePreview.AccessChange {
  fileprivate init(
    _ user: UserID, _ agent: AccessWorld.Agent, _ thing: AccessWorld.Thing, _ before: RulePreview.Access,
    _ after: RulePreview.Access
  ) {
    self.init(
      userId: user, charmId: nil, applicationId: nil, integrationId: nil, mcpServerId: nil, tool: nil, before: before,
      after: after)
    switch agent {
    case .member: break
    case .charm(let id): charmId = id
    case .application(let id): applicationId = id
    }
    switch thing {
    case .integration(let id): integrationId = id
    case .server(let id): mcpServerId = id
    case .tool(let id, let name): (mcpServerId, tool) = (id, name)
    }
  }
}
