import Model

/// A rule, ready to be asked. A class, so that looking at one copies nothing.
final class CompiledRule: Sendable {
  let id: RuleID
  let draft: RuleDraft
  /// All that must hold, the cheap parts first.
  let requirements: [Requirement]
  /// What the index leaves to be asked, without scopes and rate, which have methods of their own.
  private let residual: [Requirement]
  private let toolNames: Set<String>
  private let toolPatterns: [GlobMatcher]
  private let scopes: Set<String>?
  private let conditions: [ConditionMatcher]
  private let hours: HoursMatcher?

  init(_ id: RuleID, _ draft: RuleDraft) {
    self.id = id
    self.draft = draft
    requirements = Self.requirements(of: draft)
    residual = requirements.filter { !$0.isIndexed && $0 != .scopes && $0 != .rate }
    let tools = draft.resources.tools ?? []
    toolNames = Set(tools.filter(\.isLiteral).flatMap(\.literals))
    toolPatterns = tools.filter { !$0.isLiteral }.map(GlobMatcher.init)
    scopes = draft.resources.scopes.map(Set.init)
    conditions = (draft.conditions.arguments ?? []).map(ConditionMatcher.init)
    hours = draft.conditions.hours.map(HoursMatcher.init)
  }

  /// Whether what the index has not settled holds, scopes and rate aside.
  func match(_ question: Question) -> Match {
    var match = Match.yes
    for requirement in residual {
      match = match.and(judge(requirement, question))
      if match == .no { return .no }
    }
    return match
  }

  /// Whether one requirement holds. Depends on nothing but the requirement and the question.
  func judge(_ requirement: Requirement, _ question: Question) -> Match {
    let subject = question.subject
    let resource = question.resource
    switch requirement {
    case .users: return Match(Self.holds(draft.subjects.users, subject.user))
    case .groups: return Match(draft.subjects.groups?.contains { subject.groups.contains($0) } ?? true)
    case .roles: return Match(Self.holds(draft.subjects.roles, subject.role))
    case .charms: return Match(Self.holds(draft.subjects.charms, subject.charm))
    case .applications: return Match(Self.holds(draft.subjects.applications, subject.application))
    case .integrations: return Match(Self.holds(draft.resources.integrations, resource.integration))
    case .mcpServers: return Match(Self.holds(draft.resources.mcpServers, resource.server))
    case .tools: return judgeTool(resource) { names($0.name) }
    case .annotations:
      return judgeTool(resource) { draft.resources.annotations?.contains(where: $0.hints.contains) ?? true }
    case .argument(let index): return judgeArgument(index, question)
    case .hours: return Match(hours?.contains(question.now) ?? true)
    case .rate: return rate(question)
    case .scopes:
      return switch coverage(resource) {
      case .none: .no
      case .all, .some: .yes
      case .open: .open(.scopes)
      }
    }
  }

  /// The scopes of the request that it speaks of.
  func coverage(_ resource: Question.Resource) -> Coverage {
    guard let scopes else { return .all }
    // A scope means nothing without the Integration that it is a scope of.
    guard resource.integration != nil else { return .none }
    guard let asked = resource.scopes else { return .open }
    let covered = asked.indices.filter { scopes.contains(asked[$0]) }
    return covered.isEmpty ? .none : .some(covered)
  }

  /// Whether the rate, if there is one, lets the rule match: `allow` while calls are left, `deny` when none is.
  func rate(_ question: Question) -> Match {
    guard let rate = draft.conditions.rate else { return .yes }
    guard let used = question.usage.calls(id) else { return .open(.rate) }
    return Match((used < rate.calls) == (draft.effect == .allow))
  }

  /// What a condition finds; nil without a call.
  func finding(_ index: Int, _ question: Question) -> ConditionMatcher.Finding? {
    question.arguments.map { conditions[index].find(in: $0) }
  }

  private func judgeArgument(_ index: Int, _ question: Question) -> Match {
    guard question.resource.server != nil else { return .no }
    guard question.resource.tool != nil, let finding = finding(index, question) else { return .open(.arguments) }
    return switch finding {
    case .holds: .yes
    case .fails: .no
    // What is not known to be harmless is not taken for it.
    case .leadsNowhere, .cannotJudge: Match(draft.effect == .deny)
    }
  }

  private func judgeTool(_ resource: Question.Resource, _ holds: (Question.Tool) -> Bool) -> Match {
    guard resource.server != nil else { return .no }
    guard let tool = resource.tool else { return .open(.tool) }
    return Match(holds(tool))
  }

  private func names(_ tool: String) -> Bool {
    toolNames.contains(tool) || toolPatterns.contains { $0.matches(tool) }
  }

  private static func holds<Value: Equatable>(_ list: [Value]?, _ value: Value?) -> Bool {
    guard let list else { return true }
    return value.map(list.contains) ?? false
  }

  private static func requirements(of draft: RuleDraft) -> [Requirement] {
    let (subjects, resources, conditions) = (draft.subjects, draft.resources, draft.conditions)
    let stated: [(Requirement, Bool)] = [
      (.users, subjects.users != nil), (.groups, subjects.groups != nil), (.roles, subjects.roles != nil),
      (.charms, subjects.charms != nil), (.applications, subjects.applications != nil),
      (.integrations, resources.integrations != nil), (.mcpServers, resources.mcpServers != nil),
      (.annotations, resources.annotations != nil), (.tools, resources.tools != nil),
      (.scopes, resources.scopes != nil), (.hours, conditions.hours != nil),
    ]
    return stated.filter(\.1).map(\.0) + (conditions.arguments ?? []).indices.map(Requirement.argument)
      + (conditions.rate == nil ? [] : [.rate])
  }
}
