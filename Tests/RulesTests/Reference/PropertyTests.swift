import Foundation
import Model
import Rules
import Testing

/// The compiled rules against the slow, obvious reference: random sets of rules, random questions, no difference.
///
/// Run again with `LANYARD_RULES_SEED=<seed>` what a failure has printed.
@Suite struct PropertyTests {
  /// Sets of rules, each with a question.
  private static let sets = 100_000
  /// As many as a small machine has processors; each has a seed of its own.
  private static let parts = 2
  /// Every so many questions are explained too, which looks at every rule several times.
  private static let explainedOneIn = 10
  /// Differences of one part that are shown.
  private static let shown = 3

  /// How often what came out, so that agreement about nothing would be seen.
  struct Count: Sendable {
    var questions = 0
    var allowedByRule = 0
    var refusedByRule = 0
    var byDefault = 0
    var open = 0
    var shadows = 0
    var changes = 0
    var differences: [String] = []

    mutating func add(_ verdict: Verdict) {
      questions += 1
      if verdict.decider == .organizationDefault {
        byDefault += 1
      } else if verdict.effect == .allow {
        allowedByRule += 1
      } else {
        refusedByRule += 1
      }
      if !verdict.open.isEmpty { open += 1 }
      shadows += verdict.shadows.filter(\.wouldChange).count
    }

    mutating func add(_ other: Count) {
      questions += other.questions
      allowedByRule += other.allowedByRule
      refusedByRule += other.refusedByRule
      byDefault += other.byDefault
      open += other.open
      shadows += other.shadows
      changes += other.changes
      differences += other.differences
    }
  }

  @Test func compiledRulesAnswerLikeTheReference() async {
    let seed = ProcessInfo.processInfo.environment["LANYARD_RULES_SEED"].flatMap(UInt64.init) ?? .random(in: 0 ... .max)
    let count = await withTaskGroup(of: Count.self) { group in
      for part in 0..<Self.parts {
        group.addTask { Self.compare(Self.sets / Self.parts, seed: seed &+ UInt64(part)) }
      }
      return await group.reduce(into: Count()) { $0.add($1) }
    }
    print(
      """
      figure: \(count.questions) random sets of rules and questions (seed \(seed)): \
      \(count.differences.count) differences; \(count.allowedByRule) allowed by a rule, \(count.refusedByRule) refused \
      by one, \(count.byDefault) by silence, \(count.open) left open, \(count.shadows) shadows that would change it, \
      \(count.changes) announced changes tried
      """)
    #expect(count.differences.isEmpty, "\(count.differences.prefix(Self.shown).joined(separator: "\n"))")
    // Each way to an answer is well used.
    let tenth = count.questions / 10
    #expect(count.allowedByRule > tenth && count.refusedByRule > tenth && count.byDefault > tenth)
    #expect(count.open > tenth / 10 && count.shadows > tenth / 10 && count.changes > tenth / 10)
  }

  private static func compare(_ sets: Int, seed: UInt64) -> Count {
    var source = RandomRules(random: Random(seed: seed))
    var count = Count()
    for _ in 0..<sets {
      let (rules, silence) = (source.rules(), source.effect())
      let compiled = RuleSet(organization: Sample.organization, defaultEffect: silence, rules: rules)
      let reference = ReferenceEvaluator(rules: rules, silence: silence)
      let question = source.question()
      let (ours, theirs) = (compiled.decide(question), reference.verdict(question))
      count.add(theirs)
      if ours != theirs {
        let facts = "for \(question)\n  with \(written(question.arguments))\n  in \(written(rules))"
        count.differences.append("\(ours)\n  instead of \(theirs)\n  \(facts)")
      }
      guard source.random.happens(oneIn: explainedOneIn) else { continue }
      compare(compiled.explain(question), reference, question, &count)
    }
    return count
  }

  /// As JSON: a description of arguments tells nothing, for they may be secret.
  private static func written(_ value: some Encodable) -> String {
    (try? WireJSON.encode(value)).map { String(decoding: $0, as: UTF8.self) } ?? ""
  }

  /// An explanation says of each rule what the reference says, and each announced change does what it announces.
  private static func compare(
    _ explanation: Explanation, _ reference: ReferenceEvaluator, _ question: Question, _ count: inout Count
  ) {
    let effect = reference.verdict(question).effect
    if explanation.verdict.effect != effect { count.differences.append("an explanation of \(explanation.verdict)") }
    for outcome in explanation.rules where !agree(outcome.state, reference.state(outcome.rule, question)) {
      count.differences.append("\(outcome) instead of \(reference.state(outcome.rule, question)) for \(question)")
    }
    for change in explanation.changes {
      count.changes += 1
      if reference.changed(change).verdict(question).effect == effect {
        count.differences.append("\(change) changes nothing about \(effect) for \(question) in \(reference.rules)")
      }
    }
  }

  private static func agree(_ state: RuleOutcome.State, _ other: ReferenceEvaluator.State) -> Bool {
    switch (state, other) {
    case (.matched, .yes), (.notMatched, .no): true
    case (.open(let facts), .open(let others)): facts == others
    default: false
    }
  }
}

extension ReferenceEvaluator {
  /// The rules with an announced change made.
  fileprivate func changed(_ change: Explanation.Change) -> ReferenceEvaluator {
    var changed = self
    switch change {
    case .withoutRules(let ids): for id in ids { changed.rules[id] = nil }
    case .defaultEffect(let effect): changed.silence = effect
    case .requirement(let requirement, of: let id): changed.rules[id]?.remove(requirement)
    }
    return changed
  }
}

extension RuleDraft {
  fileprivate mutating func remove(_ requirement: Requirement) {
    switch requirement {
    case .users: subjects.users = nil
    case .groups: subjects.groups = nil
    case .roles: subjects.roles = nil
    case .charms: subjects.charms = nil
    case .applications: subjects.applications = nil
    case .integrations: resources.integrations = nil
    case .mcpServers: resources.mcpServers = nil
    case .tools: resources.tools = nil
    case .annotations: resources.annotations = nil
    case .scopes: resources.scopes = nil
    case .argument(let index):
      conditions.arguments?.remove(at: index)
      if conditions.arguments?.isEmpty == true { conditions.arguments = nil }
    case .hours: conditions.hours = nil
    case .rate: conditions.rate = nil
    }
  }
}
