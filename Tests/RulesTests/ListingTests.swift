import Model
import Rules
import Testing

/// What is said before there is a call: a tool is listed if some call of it could be allowed.
@Suite struct ListingTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var name: String
    var rules: [RuleDraft]
    var silence: Decision.Effect
    var resource: Question.Resource
    var listed: Bool
    var open: OpenFacts

    init(
      _ name: String, _ rules: [RuleDraft], silence: Decision.Effect = .allow, _ resource: Question.Resource = tool,
      listed: Bool, open: OpenFacts = []
    ) {
      (self.name, self.rules, self.silence) = (name, rules, silence)
      (self.resource, self.listed, self.open) = (resource, listed, open)
    }

    var testDescription: String { name }
  }

  private typealias S = Sample
  private static let tool = Question.Resource.tool(.init(name: "search"), of: S.server)
  private static let server = Question.Resource.server(S.server)
  private static let github = Question.Resource.integration(S.integration, scopes: nil)
  private static let onQuery = S.argument("/q", .equals(1))
  private static let often = RuleConditions(rate: .init(calls: 3, perSeconds: 60))

  static let cases: [Case] = [
    Case("an unconditional refusal hides", [S.rule(.deny)], listed: false),
    Case("one with a condition does not", [S.rule(.deny, .init(), .init(), onQuery)], listed: true, open: .arguments),
    Case(
      "one for others says nothing", [S.rule(.deny, .init(groups: ["support"]), .init(), onQuery)], listed: true),
    Case("nothing allows it", [], silence: .deny, listed: false),
    Case(
      "some arguments are allowed", [S.rule(.allow, .init(), .init(), onQuery)], silence: .deny, listed: true,
      open: .arguments),
    Case(
      "all are allowed anyway", [S.rule(.allow, .init(), .init(), onQuery), S.rule(.allow)], silence: .deny,
      listed: true
    ),
    Case("silence allows all anyway", [S.rule(.allow, .init(), .init(), onQuery)], listed: true),
    Case(
      "a refusal hides what a condition would allow",
      [S.rule(.allow, .init(), .init(), onQuery), S.rule(.deny)], silence: .deny, listed: false),
    Case("a rate does not hide", [S.rule(.deny, .init(), .init(), often)], listed: true, open: .rate),
    Case(
      "a server whose every tool is refused", [S.rule(.deny, .init(), S.on(servers: [S.server]))], server, listed: false
    ),
    Case(
      "a server with a refused tool", [S.rule(.deny, .init(), S.on(tools: ["search"]))], server, listed: true,
      open: .tool),
    Case(
      "a server with an allowed tool", [S.rule(.allow, .init(), S.on(tools: ["search"]))], silence: .deny, server,
      listed: true, open: .tool),
    Case(
      "a server with allowed arguments", [S.rule(.allow, .init(), S.on(annotations: [.readOnly]), onQuery)],
      silence: .deny, server, listed: true, open: [.tool, .arguments]),
    Case(
      "an Integration with an allowed scope", [S.rule(.allow, .init(), S.on(scopes: ["read"]))], silence: .deny, github,
      listed: true, open: .scopes),
    Case(
      "an Integration with a refused scope", [S.rule(.deny, .init(), S.on(scopes: ["read"]))], github, listed: true,
      open: .scopes),
    Case("an Integration that is refused", [S.rule(.deny, .init(), S.on([S.integration]))], github, listed: false),
  ]

  @Test(arguments: cases) func itIsListedIfSomeCallCouldBeAllowed(_ item: Case) {
    let verdict = Sample.set(item.rules, default: item.silence).decide(Sample.question(item.resource))
    #expect(verdict.isListed == item.listed)
    #expect(verdict.open == item.open)
    #expect(verdict.permits == (item.listed && item.open.isEmpty))
    #expect(verdict.needsArguments == item.open.contains(.arguments))
  }
}
