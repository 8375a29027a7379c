import Model
import Rules
import Testing

/// How several rules make one answer.
@Suite struct DecidingTests {
  private typealias S = Sample

  @Test(arguments: [Decision.Effect.allow, .deny]) func silenceIsTheOrganizationsDefault(_ effect: Decision.Effect) {
    let verdict = S.set([], default: effect).decide(S.call())
    #expect(verdict.effect == effect)
    #expect(verdict.decider == .organizationDefault)
    #expect(verdict.decidingRule == "organization-default")
  }

  @Test func aRefusalWinsWhateverTheOrder() {
    #expect(S.set([S.rule(.allow), S.rule(.deny)]).decide(S.call()).decider == .rule(S.id(1)))
    #expect(S.set([S.rule(.deny), S.rule(.allow)]).decide(S.call()).decider == .rule(S.id(0)))
    #expect(S.set([S.rule(.deny), S.rule(.allow)]).decide(S.call()).effect == .deny)
  }

  @Test func ofSeveralTheFirstByItsIdIsNamed() {
    let rules = (0..<9).map { _ in S.rule(.deny) }
    #expect(S.set(rules).decide(S.call()).decider == .rule(S.id(0)))
  }

  @Test func aQuestionFromAnotherOrganizationIsRefusedWhateverTheRulesSay() {
    var question = S.call()
    question.organization = OrganizationID(rawValue: "org_2")
    let verdict = S.set([S.rule(.allow)]).decide(question)
    #expect(verdict.effect == .deny)
    #expect(verdict.decidingRule == "other-organization")
    #expect(!verdict.permits)
  }

  @Test func manyRulesAreAllFound() {
    let servers = (0..<1_000).map { MCPServerID(rawValue: "mcp_\($0)") }
    let set = S.set(servers.map { S.rule(.deny, .init(), S.on(servers: [$0])) })
    let deciders = servers.map { set.decide(S.call(of: $0)).decider }
    #expect(deciders == servers.indices.map { .rule(S.id($0)) })
    #expect(set.decide(S.call(of: MCPServerID(rawValue: "mcp_x"))).effect == .allow)
  }

  // MARK: Shadow mode

  @Test func aRuleInShadowModeDecidesNothing() {
    let verdict = S.set([S.rule(.deny, mode: .shadow)]).decide(S.call())
    #expect(verdict.permits)
    #expect(verdict.decider == .organizationDefault)
    #expect(verdict.shadows == [.init(rule: S.id(0), effect: .deny, wouldChange: true)])
  }

  @Test func aShadowThatChangesNothingSaysSo() {
    let refused = S.set([S.rule(.deny), S.rule(.allow, mode: .shadow)]).decide(S.call())
    #expect(refused.effect == .deny)
    #expect(refused.shadows == [.init(rule: S.id(1), effect: .allow, wouldChange: false)])
    let silent = S.set([S.rule(.allow, mode: .shadow)], default: .deny).decide(S.call())
    #expect(silent.shadows == [.init(rule: S.id(0), effect: .allow, wouldChange: true)])
  }

  @Test func aShadowThatDoesNotMatchIsSilent() {
    let rule = S.rule(.deny, mode: .shadow, .init(groups: ["support"]))
    #expect(S.set([rule]).decide(S.call()).shadows.isEmpty)
  }

  // MARK: Scopes

  private func decide(_ rules: [RuleDraft], _ scopes: [String]?, default effect: Decision.Effect = .deny) -> Verdict {
    S.set(rules, default: effect).decide(S.question(.integration(S.integration, scopes: scopes)))
  }

  @Test func eachScopeMustBeAllowed() {
    let read = S.rule(.allow, .init(), S.on(scopes: ["read"]))
    let write = S.rule(.allow, .init(), S.on(scopes: ["write", "list"]))
    #expect(decide([read], ["read"]).permits)
    #expect(!decide([read], ["read", "write"]).permits)
    #expect(decide([read, write], ["write", "read"]).permits)
    #expect(decide([read, write], ["write", "read"]).decider == .rule(S.id(1)))
    #expect(!decide([read, write], ["write", "admin", "read"]).permits)
  }

  @Test func oneRefusedScopeRefusesTheRequest() {
    let rules = [S.rule(.deny, .init(), S.on(scopes: ["admin"])), S.rule(.allow)]
    #expect(decide(rules, ["read", "admin"]).decider == .rule(S.id(0)))
    #expect(decide(rules, ["read"]).permits)
    #expect(decide(rules, []).permits)
  }

  @Test func aRuleAboutScopesDoesNotSpeakOfARequestWithoutAny() {
    #expect(!decide([S.rule(.allow, .init(), S.on(scopes: ["read"]))], []).permits)
  }

  @Test func scopesCountForServersThatAreUsedThroughAnIntegration() {
    let set = S.set([S.rule(.deny, .init(), S.on(scopes: ["admin"]))])
    #expect(!set.decide(S.call(through: S.integration, scopes: ["admin"])).permits)
    #expect(set.decide(S.call(through: S.integration, scopes: ["read"])).permits)
    #expect(set.decide(S.call(scopes: ["admin"])).permits, "without an Integration there are no scopes")
  }

  // MARK: Rates

  private let rate = RuleConditions(rate: .init(calls: 3, perSeconds: 60))

  @Test func aCallCountsTowardsTheRatesOfTheRulesThatItMatches() {
    let rules = [
      S.rule(.deny, .init(), .init(), rate), S.rule(.deny, .init(groups: ["support"]), .init(), rate),
      S.rule(.deny, mode: .shadow, .init(), .init(), rate), S.rule(.allow),
    ]
    #expect(S.set(rules).decide(S.call()).counted == [S.id(0), S.id(2)])
    #expect(S.set(rules).decide(S.call(used: 3)).counted.isEmpty, "a call that is refused does not count")
  }

  @Test func anUnknownRateLeavesTheAnswerOpen() {
    let verdict = S.set([S.rule(.deny, .init(), .init(), rate)]).decide(S.call(used: nil))
    #expect(verdict.isListed)
    #expect(!verdict.permits)
    #expect(verdict.open == .rate)
  }
}
