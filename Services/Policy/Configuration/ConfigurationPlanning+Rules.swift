import Model

extension ConfigurationPlanning {
  mutating func planRules() throws {
    guard let entries = request.configuration.rules else { return }
    let stored = Dictionary(grouping: state.rules, by: \.draft.name)
    let names = RuleReferenceNames(self)
    var seen: Set<String> = []
    for (index, entry) in entries.enumerated() {
      let place = place("rules", index)
      var unknown: [(place: JSONPointer, noun: String)] = []
      let rule = RuleNames.replacing(in: entry) { kind, position, name in
        let (id, isKnown) = names.id(of: name, kind)
        if !isKnown {
          let (part, list) = kind.path
          let entry = place.appending(part).appending(list).appending(String(position))
          unknown.append((entry, RuleReferenceNames.noun(of: kind)))
        }
        return id
      }
      try attempt(place) { work in
        let draft = try RuleDraft(rule, at: place)
        let name = place.appending("name")
        guard work.isFirst(draft.name, in: &seen, at: name),
          let known = work.single(stored[draft.name], "rules", at: name)
        else { return }
        // What a stored rule names may be gone since; it need not be there for the rule to stay as it is.
        if known?.draft != draft { for entry in unknown { work.problems.add(entry.place, "names no \(entry.noun)") } }
        work.plan(draft, known, index)
      }
    }
    if prune { plan.rules.deleted = state.rules.filter { !seen.contains($0.draft.name) } }
    checkRoom()
  }

  private mutating func plan(_ draft: RuleDraft, _ known: Rule?, _ index: Int) {
    var after = known ?? Rule(id: ids.rules[index] ?? .random(), draft: draft, createdAt: now, updatedAt: now)
    after.draft = draft
    after.updatedAt = now
    plan.rules.add(after, before: known, fields: known?.draft == draft ? [] : known?.draft.differences(to: draft) ?? [])
  }

  private mutating func checkRoom() {
    let changes = plan.rules
    let gone = Set(changes.deleted.map(\.id) + changes.changed.map(\.before.id))
    let drafts =
      state.rules.filter { !gone.contains($0.id) }.map(\.draft)
      + (changes.created + changes.changed.map(\.after)).map(\.draft)
    if drafts.count > RuleLimits.rules {
      problems.add(Self.root.appending("rules"), "would make more than \(RuleLimits.rules) rules")
    }
    if drafts.reduce(0, { $0 + $1.entryCount }) > RuleLimits.entriesOfAllRules {
      problems.add(
        Self.root.appending("rules"),
        "of the organization together would have more than \(RuleLimits.entriesOfAllRules) entries in their lists")
    }
  }
}

/// What the names in rules stand for, once the rest of the document holds.
private struct RuleReferenceNames {
  private var ids: [RuleNames.Kind: [String: String]]
  private let known: Set<String>

  init(_ work: ConfigurationPlanning) {
    let state = work.state
    ids = [
      .integration: work.integrations.mapValues(\.id.rawValue), .mcpServer: work.servers.mapValues(\.id.rawValue),
      .user: Dictionary(state.members.map { ($1, $0.rawValue) }, uniquingKeysWith: { $1 }),
    ]
    let gone = Set(work.plan.integrations.deleted.map(\.id.rawValue) + work.plan.servers.deleted.map(\.id.rawValue))
    known = Set(
      state.integrations.map(\.id.rawValue) + state.servers.map(\.id.rawValue) + state.members.keys.map(\.rawValue)
    ).subtracting(gone)
  }

  /// An id stands for itself.
  func id(of name: String, _ kind: RuleNames.Kind) -> (id: String, isKnown: Bool) {
    if let id = ids[kind]?[name] { return (id, true) }
    switch kind {
    case .user: return (UserID(validating: name)?.rawValue ?? UserID.random().rawValue, known.contains(name))
    case .integration:
      return (IntegrationID(validating: name)?.rawValue ?? IntegrationID.random().rawValue, known.contains(name))
    case .mcpServer:
      return (MCPServerID(validating: name)?.rawValue ?? MCPServerID.random().rawValue, known.contains(name))
    }
  }

  static func noun(of kind: RuleNames.Kind) -> String {
    switch kind {
    case .user: "member of the organization; it is the host platform's id of one who has been here"
    case .integration: "Integration"
    case .mcpServer: "MCP server"
    }
  }
}

extension RuleDraft {
  /// Names of the fields in which another one differs.
  fileprivate func differences(to other: RuleDraft) -> [String] {
    var fields: [String] = []
    if effect != other.effect { fields.append("effect") }
    if mode != other.mode { fields.append("mode") }
    if subjects != other.subjects { fields.append("subjects") }
    if resources != other.resources { fields.append("resources") }
    if conditions != other.conditions { fields.append("conditions") }
    return fields
  }
}
