import Foundation
import Model
import Rules
import Testing

/// Explanations in the words that a person reads. That they are true is the property test's matter.
@Suite struct ExplanationTests {
  private typealias S = Sample

  /// Why a rule does not match, word for word.
  struct Case: Sendable, CustomTestStringConvertible {
    var sentence: String
    var rule: RuleDraft
    var question: Question

    init(_ sentence: String, _ rule: RuleDraft, _ question: Question = Sample.call()) {
      (self.sentence, self.rule, self.question) = (sentence, rule, question)
    }

    var testDescription: String { sentence }
  }

  private static func resources(
    _ sentence: String, _ resources: RuleResources, _ question: Question = Sample.call()
  ) -> Case {
    Case(sentence, S.rule(.deny, .init(), resources), question)
  }

  private static func argument(_ sentence: String, _ test: ArgumentCondition.Test, _ value: JSONValue) -> Case {
    Case(sentence, S.rule(.deny, .init(), .init(), S.argument("/q", test)), S.call(arguments: ["q": value]))
  }

  private static let github = S.question(.integration(S.integration, scopes: ["read"]))
  private static let others = (2...8).map { UserID(rawValue: "usr_\($0)") }
  private static let hours = RuleHours.timeZone(named: "Europe/Berlin").map {
    RuleHours(timeZone: $0, days: [.monday, .tuesday])
  }

  static let cases: [Case] = [
    Case("the user usr_1 is not among the rule's users", S.rule(.deny, .init(users: others))),
    Case(
      "the call comes with an API key and so from no user", S.rule(.deny, .init(users: others)),
      S.call(by: S.member(nil))),
    Case("group support is not among this member's groups", S.rule(.deny, .init(groups: ["support"]))),
    Case(
      "none of the groups a, b, c, d, e and 2 more is among this member's groups",
      S.rule(.deny, .init(groups: ["a", "b", "c", "d", "e", "f", "g"]))),
    Case("the role is member, and the rule is for owner and admin", S.rule(.deny, .init(roles: [.owner, .admin]))),
    Case("no Charm acts", S.rule(.deny, .init(charms: ["c1"]))),
    Case(
      "the Charm \"c2\" is not among the rule's Charms", S.rule(.deny, .init(charms: ["c1"])),
      S.call(by: S.member(charm: "c2"))),
    Case("no Application acts", S.rule(.deny, .init(applications: ["a1"]))),
    resources("no Integration is used", S.on([S.integration])),
    resources(
      "the MCP server mcp_1 is not among the rule's MCP servers", S.on(servers: [MCPServerID(rawValue: "mcp_2")])),
    resources("no MCP server is used", S.on(servers: [S.server]), github),
    resources("the tool \"search\" is not execute_* or send", S.on(tools: ["execute_*", "send"])),
    resources("the rule is about calls of tools, and this is none", S.on(tools: ["execute_*"]), github),
    resources("the tool does not count as readOnly", S.on(annotations: [.readOnly])),
    resources("none of the scopes write and admin is requested", S.on(scopes: ["write", "admin"]), github),
    resources("the rule is about scopes, and no Integration is used", S.on(scopes: ["write"])),
    argument("the argument /q is not \"a\" or 1", .oneOf(["a", 1]), "hunter2"),
    argument("the argument /q does not begin with \"SELECT \"", .prefix("SELECT "), "hunter2"),
    argument("the argument /q is not less than 10", .lessThan(10), 11),
    Case(
      "there is no argument /q", S.rule(.allow, .init(), .init(), S.argument("/q", .equals(1)))),
    Case(
      "the argument /q is of a kind that cannot be compared so",
      S.rule(.allow, .init(), .init(), S.argument("/q", .lessThan(1))), S.call(arguments: ["q": "0"])),
    Case("it is outside the hours mon tue, Europe/Berlin", S.rule(.deny, .init(), .init(), .init(hours: hours))),
    Case(
      "the 3 calls in 60 seconds are used up",
      S.rule(.allow, .init(), .init(), .init(rate: .init(calls: 3, perSeconds: 60))), S.call(used: 3)),
  ]

  @Test(arguments: cases) func aRuleThatDoesNotMatchSaysWhy(_ item: Case) {
    let explanation = Sample.set([item.rule]).explain(item.question)
    #expect(explanation.rules.map(\.state) == [.notMatched])
    #expect(explanation.rules[0].mismatches.map(\.sentence) == [item.sentence])
  }

  @Test func theDecidingRuleComesFirstAndTheOthersFollow() {
    let rules = [S.rule(.deny), S.rule(.allow), S.rule(.deny), S.rule(.allow, mode: .shadow)]
    let explanation = S.set(rules, default: .deny).explain(S.call())
    #expect(
      explanation.reasons == [
        "The rule \"a rule\" (rul_0) refuses this.",
        "The rule \"a rule\" (rul_2) refuses this too.",
        "The rule \"a rule\" (rul_1) allows this, but a refusal outweighs it.",
        "The rule \"a rule\" (rul_3) is in shadow mode and decides nothing; it would allow this.",
      ])
    #expect(explanation.changes == [.withoutRules([S.id(0), S.id(2)])])
    #expect(explanation.wouldChange == ["Without the rules \"a rule\" and \"a rule\" it would be allowed."])
    #expect(explanation.decision.decidingRule == "rul_0")
    #expect(explanation.decision.effect == .deny)
  }

  @Test func silenceNamesTheNearMisses() {
    let rules = [
      S.rule(.allow, .init(groups: ["support"])),
      S.rule(.allow, .init(groups: ["support"], charms: ["c1"])),
      S.rule(.deny, .init(roles: [.owner])),
    ]
    let explanation = S.set(rules, default: .deny).explain(S.call())
    #expect(explanation.reasons == ["No rule allows this, and the organization refuses what no rule allows."])
    #expect(explanation.nearMisses.map(\.rule) == [S.id(0)])
    #expect(
      explanation.wouldChange == [
        "It would be allowed if the organization allowed what no rule speaks of.",
        "The rule \"a rule\" (rul_0) would have allowed it, but group support is not among this member's groups.",
      ])
  }

  @Test func aRefusedScopeIsNamed() {
    let read = S.rule(.allow, .init(), S.on(scopes: ["read"]))
    let resource = Question.Resource.integration(S.integration, scopes: ["read", "write"])
    let explanation = S.set([read], default: .deny).explain(S.question(resource))
    #expect(
      explanation.reasons == [
        "No rule allows the scope write, and the organization refuses what no rule allows.",
        "The rule \"a rule\" (rul_0) allows a part of this.",
      ])
  }

  @Test func anOpenAnswerSaysOnWhatItDepends() {
    let rule = S.rule(.deny, .init(), .init(), S.argument("/q", .equals(1)))
    let explanation = S.set([rule]).explain(S.call(arguments: nil))
    #expect(explanation.rules.map(\.state) == [.open(.arguments)])
    #expect(explanation.reasons.last == "It may still be refused, depending on the arguments of the call.")
  }

  @Test func whatArgumentsHoldIsNotRepeated() {
    let tests: [ArgumentCondition.Test] = [
      .equals("a"), .oneOf(["a"]), .prefix("a"), S.pattern("a*"), .lessThan(1), .greaterThan(1), .notEquals("hunter2"),
    ]
    for effect in Decision.Effect.allCases {
      let rules = tests.dropLast().map { S.rule(effect, .init(), .init(), S.argument("/q", $0)) }
      let explanation = S.set(rules).explain(S.call(arguments: ["q": "hunter2"]))
      #expect(!"\(explanation)".contains("hunter2"))
    }
  }

  @Test func anotherOrganizationLearnsNothing() {
    var question = S.call()
    question.organization = OrganizationID(rawValue: "org_2")
    let explanation = S.set([S.rule(.deny)]).explain(question)
    #expect(explanation.rules.isEmpty && explanation.changes.isEmpty)
    #expect(explanation.reasons == ["The question came from another organization."])
  }

  @Test func notMoreNearMissesAreToldThanAPersonReads() {
    let rules = (0..<50).map { _ in S.rule(.deny, .init(groups: ["support"])) }
    let explanation = S.set(rules).explain(S.call())
    #expect(explanation.nearMisses.count == Explanation.maximumNearMisses)
  }
}
