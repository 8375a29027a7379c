import Model
import Testing

@testable import PolicyKit

@Suite("Access decisions")
struct AccessDecisionTests {
  private static let first = IntegrationID.random()
  private static let second = IntegrationID.random()

  private func question(
    role: Role = .member, isPerson: Bool = true, isCharm: Bool = false, mayAdminister: Bool = true,
    mayConfigure: Bool = true,
    state: Application.State? = .allowed, purposes: Set<Grant.Purpose> = [.release],
    candidates: [AccessQuestion.Candidate]? = [.init(id: first, name: "one", maximumScopes: nil, identityScopes: [])],
    scopes: [String] = []
  ) -> AccessQuestion {
    AccessQuestion(
      subject: .init(
        role: role, isPerson: isPerson, isCharm: isCharm, mayAdminister: mayAdminister, mayConfigure: mayConfigure),
      application: state.map { .init(id: "app", state: $0) }, purposes: purposes, candidates: candidates, scopes: scopes
    )
  }

  @Test func membersMayUseEveryEnabledIntegration() {
    let answer = AccessDecision.decide(question())
    #expect(answer.isAllowed)
    #expect(answer.decision.effect == .allow)
    #expect(answer.decision.decidingRule == "organization-default")
    #expect(answer.integrations == [Self.first])
  }

  @Test func anApplicationIsRefusedUnlessItIsAllowed() {
    let blocked = AccessDecision.decide(question(state: .blocked))
    #expect(blocked.refusal == .applicationBlocked)
    #expect(blocked.decision.decidingRule == "application-blocked")
    #expect(AccessDecision.decide(question(state: .pending)).refusal == .applicationBlocked)
  }

  @Test func withoutAnIntegrationTheReasonSaysWhoMustAct() {
    let answer = AccessDecision.decide(question(candidates: []))
    #expect(answer.refusal == .integrationNotFound)
    #expect(answer.decision.reasons.first?.contains("owner or admin must set one up") == true)
  }

  @Test func scopesBeyondTheCeilingAreNamed() {
    let capped = AccessQuestion.Candidate(
      id: Self.first, name: "one", maximumScopes: ["read"], identityScopes: ["openid"])
    let allowed = AccessDecision.decide(question(candidates: [capped], scopes: ["read", "openid"]))
    #expect(allowed.isAllowed)
    let refused = AccessDecision.decide(question(candidates: [capped], scopes: ["read", "write", "admin"]))
    #expect(refused.refusal == .policyDenied)
    #expect(refused.decision.reasons.first?.contains("admin, write") == true)
  }

  @Test func anEmptyCeilingAllowsNothing() {
    let capped = AccessQuestion.Candidate(id: Self.first, name: "one", maximumScopes: [], identityScopes: [])
    #expect(AccessDecision.decide(question(candidates: [capped], scopes: ["read"])).refusal == .policyDenied)
  }

  @Test func onlyIntegrationsThatFitAreAllowed() {
    let candidates = [
      AccessQuestion.Candidate(id: Self.first, name: "one", maximumScopes: ["read"], identityScopes: []),
      AccessQuestion.Candidate(id: Self.second, name: "two", maximumScopes: nil, identityScopes: []),
    ]
    let answer = AccessDecision.decide(question(candidates: candidates, scopes: ["write"]))
    #expect(answer.integrations == [Self.second])
  }

  @Test(arguments: Grant.Purpose.allCases)
  func anApplicationGetsOnlyThePurposesOfAnApplication(purpose: Grant.Purpose) {
    let isAllowed = AccessDecision.decide(question(role: .owner, purposes: [purpose])).isAllowed
    #expect(isAllowed == [.list, .release, .connect, .revoke].contains(purpose))
  }

  @Test(arguments: Grant.Purpose.allCases, Role.allCases)
  func aPersonManagesWhatIsTheirs(purpose: Grant.Purpose, role: Role) {
    let answer = AccessDecision.decide(question(role: role, state: nil, purposes: [purpose], candidates: nil))
    let expected =
      [.watch, .list, .revoke, .manage].contains(purpose)
      || ([.administer, .followKeys].contains(purpose) && role != .member)
      || (purpose == .rotateKeys && role == .owner)
    #expect(answer.isAllowed == expected)
    #expect(answer.integrations == (expected ? nil : []))
  }

  @Test(arguments: Grant.Purpose.allCases)
  func anAPIKeyDoesWhatItsScopesAreFor(purpose: Grant.Purpose) {
    func isAllowed(mayAdminister: Bool, mayConfigure: Bool) -> Bool {
      AccessDecision.decide(
        question(
          role: .owner, isPerson: false, mayAdminister: mayAdminister, mayConfigure: mayConfigure, state: nil,
          purposes: [purpose], candidates: nil)
      ).isAllowed
    }
    #expect(isAllowed(mayAdminister: true, mayConfigure: false) == (purpose == .administer))
    #expect(isAllowed(mayAdminister: false, mayConfigure: true) == [.rotateKeys, .followKeys].contains(purpose))
    #expect(!isAllowed(mayAdminister: false, mayConfigure: false))
  }

  @Test func anAPIKeyGetsNothingBesideItsOwn() {
    let purposes: Set<Grant.Purpose> = [.followKeys, .list]
    let answer = AccessDecision.decide(
      question(role: .owner, isPerson: false, state: nil, purposes: purposes, candidates: nil))
    #expect(answer.refusal == .forbidden)
  }

  @Test func aCharmManagesNothing() {
    for purpose in [Grant.Purpose.list, .revoke, .manage, .administer, .rotateKeys, .followKeys] {
      let answer = AccessDecision.decide(
        question(role: .owner, isCharm: true, state: nil, purposes: [purpose], candidates: nil))
      #expect(answer.refusal == .forbidden)
    }
  }

  @Test func aCharmIsNoApplication() {
    for purpose in [Grant.Purpose.release, .connect, .list, .revoke] {
      let answer = AccessDecision.decide(question(role: .owner, isCharm: true, purposes: [purpose]))
      #expect(answer.refusal == .forbidden, "\(purpose)")
    }
  }

  @Test func whoeverIsAPersonMayFollowTheirFlows() {
    for isCharm in [true, false] {
      let answer = AccessDecision.decide(question(isCharm: isCharm, state: nil, purposes: [.watch], candidates: nil))
      #expect(answer.isAllowed)
    }
    let byKey = question(role: .owner, isPerson: false, state: nil, purposes: [.watch], candidates: nil)
    #expect(AccessDecision.decide(byKey).refusal == .forbidden)
    let withMore = question(isCharm: true, state: nil, purposes: [.watch, .list], candidates: nil)
    #expect(AccessDecision.decide(withMore).refusal == .forbidden, "watching opens nothing else")
  }

  @Test func anApplicationThatNamesNoProviderReachesWhatThereIs() {
    func answer(_ candidates: [AccessQuestion.Candidate]) -> AccessDecision {
      var question = question(candidates: candidates)
      question.namesProvider = false
      return AccessDecision.decide(question)
    }
    let none = answer([])
    #expect(none.isAllowed)
    #expect(none.integrations == [])
    let candidates = [Self.second, Self.first].map {
      AccessQuestion.Candidate(id: $0, name: "any", maximumScopes: nil, identityScopes: [])
    }
    #expect(answer(candidates).integrations == [Self.second, Self.first])
  }

  @Test func silenceMeansNo() {
    #expect(AccessDecision.decide(question(purposes: [])).refusal == .forbidden)
  }
}
