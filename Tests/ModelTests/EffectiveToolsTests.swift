import Model
import Testing

/// Which tools a caller may see and call: one line for each case.
@Suite struct EffectiveToolsTests {
  /// What is known about a tool named `search`, and which rule decides.
  struct Case: Sendable, CustomTestStringConvertible {
    var name: String
    var tools: EffectiveTools
    var rule: EffectiveTools.Rule
    /// Of the definition that the server gives now.
    var hash: String?

    init(_ name: String, _ tools: EffectiveTools, _ rule: EffectiveTools.Rule, hash: String? = nil) {
      (self.name, self.tools, self.rule, self.hash) = (name, tools, rule, hash)
    }

    var testDescription: String { name }
  }

  private static func tools(
    _ allowed: Set<String>? = nil, charm: EffectiveTools.CharmPart? = nil, pinning: Bool = false,
    state: MCPTool.State? = nil, catalogue: Bool? = nil
  ) -> EffectiveTools {
    EffectiveTools(
      allowedTools: allowed, charm: charm, pinning: pinning, hasCatalogue: catalogue ?? (state != nil),
      catalogue: state.map { ["search": .init(state: $0, definitionHash: "h1")] } ?? [:])
  }

  private static func charm(_ allowed: Set<String>? = nil, has: Bool = true) -> EffectiveTools.CharmPart {
    EffectiveTools.CharmPart(id: "charm-1", hasServer: has, allowedTools: allowed)
  }

  static let cases: [Case] = [
    Case("no list means all", tools(), .organizationDefault),
    Case("an empty list means none", tools([]), .serverCeiling),
    Case("a listed tool", tools(["search"]), .organizationDefault),
    Case("names are case-sensitive", tools(["Search"]), .serverCeiling),
    Case("another tool is listed", tools(["send"]), .serverCeiling),
    Case("a Charm without a list", tools(charm: charm()), .organizationDefault),
    Case("a Charm with an empty list", tools(charm: charm([])), .charmCeiling),
    Case("a Charm with the tool", tools(charm: charm(["search"])), .organizationDefault),
    Case("a Charm with another tool", tools(charm: charm(["send"])), .charmCeiling),
    Case("a Charm never widens", tools(["send"], charm: charm(["search"])), .serverCeiling),
    Case("a Charm narrows a list", tools(["search", "send"], charm: charm(["send"])), .charmCeiling),
    Case("a Charm without the server", tools(["search"], charm: charm(["search"], has: false)), .charmServer),
    Case("approved", tools(state: .approved), .organizationDefault),
    Case("new, nothing held", tools(state: .new), .organizationDefault),
    Case("changed, nothing held", tools(state: .changed), .organizationDefault),
    Case("removed, nothing held", tools(state: .removed), .organizationDefault),
    Case("blocked, nothing held", tools(state: .blocked), .toolBlocked),
    Case("blocked and listed", tools(["search"], state: .blocked), .toolBlocked),
    Case("approved and pinned", tools(pinning: true, state: .approved), .organizationDefault),
    Case("new and pinned", tools(pinning: true, state: .new), .toolQuarantined),
    Case("changed and pinned", tools(pinning: true, state: .changed), .toolQuarantined),
    Case("removed and pinned", tools(pinning: true, state: .removed), .toolQuarantined),
    Case("pinned and never seen", tools(pinning: true), .toolQuarantined),
    Case("approved and listed", tools(["search"], state: .approved), .organizationDefault),
    Case("new and listed", tools(["search"], state: .new), .toolQuarantined),
    Case("changed and listed", tools(["search"], state: .changed), .toolQuarantined),
    Case("removed and listed", tools(["search"], state: .removed), .toolQuarantined),
    Case("listed, and not in the catalogue", tools(["search"], catalogue: true), .toolQuarantined),
    Case("not in the catalogue, nothing held", tools(catalogue: true), .organizationDefault),
    Case(
      "approved, pinned, as the server says now", tools(pinning: true, state: .approved), .organizationDefault,
      hash: "h1"),
    Case("approved, pinned, and other now", tools(pinning: true, state: .approved), .toolQuarantined, hash: "h2"),
    Case("approved, listed, and other now", tools(["search"], state: .approved), .toolQuarantined, hash: "h2"),
    Case("approved, nothing held, and other now", tools(state: .approved), .organizationDefault, hash: "h2"),
  ]

  @Test(arguments: cases) func theFirstRuleThatSpeaksDecides(_ item: Case) {
    let decision = item.tools.judge("search", definitionHash: item.hash)
    #expect(decision.decidingRule == item.rule.rawValue)
    #expect(decision.effect == (item.rule == .organizationDefault ? .allow : .deny))
    #expect(decision.reasons.count == 1)
  }

  @Test func everyRuleHasACase() {
    #expect(Set(Self.cases.map(\.rule)) == Set(EffectiveTools.Rule.allCases))
  }

  @Test func aStaticTokenStandsInItsHeaderAsTheOwnerSaid() {
    let token = Secret("t")
    let bearer = MCPServerAuth(type: .staticToken, header: "Authorization", prefix: "Bearer")
    #expect(bearer.headerValue(token).expose { $0 } == "Bearer t")
    #expect(MCPServerAuth(type: .staticToken, header: "X-Key", prefix: "").headerValue(token).expose { $0 } == "t")
  }
}
