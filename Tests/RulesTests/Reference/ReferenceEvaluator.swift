import Model
import Rules

/// Answers questions slowly and obviously: it goes through all rules, part by part, for each scope by itself. It shares
/// nothing with the compiled rules but the wire types.
struct ReferenceEvaluator {
  var rules: [RuleID: RuleDraft]
  var silence: Decision.Effect

  enum State: Equatable {
    case no, yes
    case open(OpenFacts)
  }

  func verdict(_ question: Question) -> Verdict {
    let answers = parts(of: question).map(answer)
    let chosen =
      answers.filter(\.isRefusedByRule).min { $0.order < $1.order } ?? answers.first { $0.effect == .deny }
      ?? answers[0]
    var open: OpenFacts = []
    if chosen.effect == .allow { for answer in answers { open.formUnion(answer.open) } }
    return Verdict(
      effect: chosen.effect, decider: chosen.rule.map { .rule($0) } ?? .organizationDefault, open: open,
      shadows: shadows(question, now: chosen.effect), counted: chosen.effect == .allow ? counted(question) : [])
  }

  /// Of one rule, for the request as a whole: it matches where it matches for any scope.
  func state(_ id: RuleID, _ question: Question) -> State {
    let states = parts(of: question).map { state(id, $0, rate: true) }
    return states.first { $0 != .no } ?? .no
  }

  /// A request for several scopes is several requests.
  private func parts(of question: Question) -> [Question] {
    guard let scopes = question.resource.scopes, scopes.count > 1 else { return [question] }
    return scopes.map { scope in
      var part = question
      part.resource = question.resource.asking([scope])
      return part
    }
  }

  private struct Answer {
    var effect: Decision.Effect
    var rule: RuleID?
    var open: OpenFacts = []
    var isRefusedByRule: Bool { effect == .deny && rule != nil }
    var order: String { rule?.rawValue ?? "" }
  }

  private func answer(_ question: Question) -> Answer {
    var certainAllow: RuleID?
    var possibleAllow: RuleID?
    var refusalMayDependOn: OpenFacts = []
    var allowanceDependsOn: OpenFacts = []
    for (id, rule) in ordered where rule.mode == .enforce {
      switch (rule.effect, state(id, question, rate: true)) {
      case (_, .no): continue
      case (.deny, .yes): return Answer(effect: .deny, rule: id)
      case (.deny, .open(let facts)): refusalMayDependOn.formUnion(facts)
      case (.allow, .yes): if certainAllow == nil { certainAllow = id }
      case (.allow, .open(let facts)):
        if possibleAllow == nil { possibleAllow = id }
        allowanceDependsOn.formUnion(facts)
      }
    }
    // Refusals were looked for among all rules above, since an allowance does not end the loop.
    if let certainAllow { return Answer(effect: .allow, rule: certainAllow, open: refusalMayDependOn) }
    if silence == .allow { return Answer(effect: .allow, open: refusalMayDependOn) }
    guard let possibleAllow else { return Answer(effect: .deny) }
    return Answer(effect: .allow, rule: possibleAllow, open: refusalMayDependOn.union(allowanceDependsOn))
  }

  private var ordered: [(id: RuleID, rule: RuleDraft)] {
    rules.map { (id: $0.key, rule: $0.value) }.sorted { $0.id.rawValue < $1.id.rawValue }
  }

  private func shadows(_ question: Question, now effect: Decision.Effect) -> [Verdict.Shadow] {
    ordered.filter { $0.rule.mode == .shadow && state($0.id, question) == .yes }.map { id, rule in
      var enforced = self
      enforced.rules[id]?.mode = .enforce
      for other in enforced.rules.keys where rules[other]?.mode == .shadow && other != id {
        enforced.rules[other] = nil
      }
      return Verdict.Shadow(
        rule: id, effect: rule.effect, wouldChange: enforced.verdict(question).effect != effect)
    }
  }

  private func counted(_ question: Question) -> [RuleID] {
    // In the order in which a verdict names them: enforced refusals, allowances, shadows.
    func section(_ rule: RuleDraft) -> Int { rule.mode == .shadow ? 2 : rule.effect == .allow ? 1 : 0 }
    return ordered.filter { id, rule in
      rule.conditions.rate != nil && parts(of: question).contains { state(id, $0, rate: false) == .yes }
    }.sorted { section($0.rule) < section($1.rule) }.map(\.id)
  }

  private func state(_ id: RuleID, _ question: Question, rate: Bool) -> State {
    guard let rule = rules[id] else { return .no }
    var open: OpenFacts = []
    for state in ReferenceParts(id: id, rule: rule, question: question).all(rate: rate) {
      switch state {
      case .no: return .no
      case .yes: continue
      case .open(let facts): open.formUnion(facts)
      }
    }
    return open.isEmpty ? .yes : .open(open)
  }
}

extension Question.Resource {
  fileprivate func asking(_ scopes: [String]) -> Question.Resource {
    guard let server else { return integration.map { .integration($0, scopes: scopes) } ?? self }
    guard let tool else { return .server(server, through: integration, scopes: scopes) }
    return .tool(tool, of: server, through: integration, scopes: scopes)
  }
}
