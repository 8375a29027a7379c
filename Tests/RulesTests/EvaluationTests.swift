import Foundation
import Model
import Rules
import Testing

/// What a rule means: one line for each case. A rule is asked alone, an `allow` where silence refuses and a `deny` where
/// it allows, so the answer shows whether the rule matched.
@Suite struct EvaluationTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var name: String
    var rule: RuleDraft
    var question: Question
    var matches: Bool

    init(_ name: String, _ rule: RuleDraft, _ question: Question, matches: Bool) {
      (self.name, self.rule, self.question, self.matches) = (name, rule, question, matches)
    }

    var testDescription: String { name }
  }

  private typealias S = Sample
  private static let github = Question.Resource.integration(S.integration, scopes: ["read"])
  private static let other = IntegrationID(rawValue: "int_2")
  private static let readOnly = ToolHints(readOnly: true)

  private static func subject(_ name: String, _ subjects: RuleSubjects, _ subject: Question.Subject, _ matches: Bool)
    -> Case
  {
    Case(name, S.rule(.deny, subjects), S.call(by: subject), matches: matches)
  }

  private static func tool(_ name: String, _ tools: [String], _ tool: String, _ matches: Bool) -> Case {
    Case(name, S.rule(.allow, .init(), S.on(tools: tools)), S.call(tool), matches: matches)
  }

  private static func hint(
    _ name: String, _ annotations: [RuleResources.Annotation], _ hints: ToolHints, _ matches: Bool
  ) -> Case {
    Case(name, S.rule(.deny, .init(), S.on(annotations: annotations)), S.call(hints: hints), matches: matches)
  }

  static let subjects: [Case] = [
    subject("no list means everyone", .init(), S.member(), true),
    subject("the user", .init(users: [S.user]), S.member(), true),
    subject("another user", .init(users: [UserID(rawValue: "usr_2")]), S.member(), false),
    subject("one of several users", .init(users: [UserID(rawValue: "usr_2"), S.user]), S.member(), true),
    subject("an API key is no user", .init(users: [S.user]), S.member(nil), false),
    subject("one of the groups", .init(groups: ["sales"]), S.member(), true),
    subject("another group", .init(groups: ["support"]), S.member(), false),
    subject("groups mind the case", .init(groups: ["Sales"]), S.member(), false),
    subject("no groups at all", .init(groups: ["sales"]), S.member(groups: []), false),
    subject("groups are alternatives", .init(groups: ["support", "sales"]), S.member(), true),
    subject("the role", .init(roles: [.member, .admin]), S.member(), true),
    subject("another role", .init(roles: [.owner]), S.member(), false),
    subject("the Charm", .init(charms: ["c1"]), S.member(charm: "c1"), true),
    subject("another Charm", .init(charms: ["c1"]), S.member(charm: "c2"), false),
    subject("no Charm", .init(charms: ["c1"]), S.member(), false),
    subject("the Application", .init(applications: ["a1"]), S.member(application: "a1"), true),
    subject("no Application", .init(applications: ["a1"]), S.member(charm: "a1"), false),
    subject("two lists, both match", .init(groups: ["sales"], charms: ["c1"]), S.member(charm: "c1"), true),
    subject("two lists, one does not", .init(groups: ["support"], charms: ["c1"]), S.member(charm: "c1"), false),
  ]

  static let resources: [Case] = [
    Case("the Integration", S.rule(.deny, .init(), S.on([S.integration])), S.question(github), matches: true),
    Case("another Integration", S.rule(.deny, .init(), S.on([other])), S.question(github), matches: false),
    Case("through it", S.rule(.deny, .init(), S.on([S.integration])), S.call(through: S.integration), matches: true),
    Case("not through one", S.rule(.deny, .init(), S.on([S.integration])), S.call(), matches: false),
    Case("the server", S.rule(.deny, .init(), S.on(servers: [S.server])), S.call(), matches: true),
    Case(
      "another server", S.rule(.deny, .init(), S.on(servers: [S.server])), S.call(of: MCPServerID(rawValue: "mcp_2")),
      matches: false),
    Case("no server", S.rule(.deny, .init(), S.on(servers: [S.server])), S.question(github), matches: false),
    Case("a tool is no Integration", S.rule(.deny, .init(), S.on(tools: ["*"])), S.question(github), matches: false),
    Case(
      "an annotation is none", S.rule(.deny, .init(), S.on(annotations: [.openWorld])), S.question(github),
      matches: false
    ),
    Case(
      "arguments are none", S.rule(.deny, .init(), .init(), S.argument("/q", .equals(1))), S.question(github),
      matches: false),
    tool("the name", ["search"], "search", true),
    tool("another name", ["search"], "searches", false),
    tool("names mind the case", ["search"], "Search", false),
    tool("a pattern", ["execute_*"], "execute_sql", true),
    tool("a star may stand for nothing", ["execute_*"], "execute_", true),
    tool("a pattern covers the whole name", ["execute_*"], "no_execute_sql", false),
    tool("names and patterns are alternatives", ["a", "*_file", "b"], "read_file", true),
    tool("a star can be meant", [#"a\*"#], "ab", false),
    tool("and is found", [#"a\*"#], "a*", true),
    hint("a tool that says nothing destroys", [.destructive], .unsaid, true),
    hint("and reaches the open world", [.openWorld], .unsaid, true),
    hint("and is not read-only", [.readOnly], .unsaid, false),
    hint("a read-only tool does not destroy", [.destructive], readOnly, false),
    hint("whatever it says", [.destructive], ToolHints(readOnly: true, destructive: true), false),
    hint("it says that it is read-only", [.readOnly], readOnly, true),
    hint("it says that it does not destroy", [.destructive], ToolHints(destructive: false), false),
    hint("it says that its world is closed", [.openWorld], ToolHints(openWorld: false), false),
    hint("annotations are alternatives", [.readOnly, .openWorld], .unsaid, true),
  ]

  @Test(arguments: subjects + resources + conditions) func aRuleMatchesWhatItSays(_ item: Case) {
    let silence: Decision.Effect = item.rule.effect == .allow ? .deny : .allow
    let verdict = Sample.set([item.rule], default: silence).decide(item.question)
    #expect(verdict.effect == (item.matches ? item.rule.effect : silence))
    #expect(verdict.decider == (item.matches ? .rule(Sample.id(0)) : .organizationDefault))
    #expect(verdict.open.isEmpty)
  }
}
