import Model
import Rules

/// Joins what the built-in rules say with what the organization's rules say.
enum BuiltInExplanation {
  /// - Parameter refusal: by a built-in rule or a ceiling; nil where they allow.
  static func merge(_ refusal: Decision?, _ explanation: Explanation) -> ExplainedDecision {
    guard let refusal else {
      let decision = explanation.decision
      return ExplainedDecision(
        effect: decision.effect, decidingRule: decision.decidingRule, reasons: decision.reasons,
        wouldChange: explanation.wouldChange)
    }
    // Where the organization's rules refuse as well, nothing turns the answer round by itself.
    let isRuledOut = explanation.verdict.effect == .deny
    return ExplainedDecision(
      effect: .deny, decidingRule: refusal.decidingRule,
      reasons: refusal.reasons + (isRuledOut ? explanation.reasons.prefix(1) : []),
      wouldChange: isRuledOut ? [] : remedy(refusal.decidingRule).map { ["It would be allowed if \($0)."] } ?? [])
  }

  /// What an owner or admin could do about a refusal by a built-in rule.
  private static func remedy(_ rule: String) -> String? {
    switch AccessDecision.Rule(rawValue: rule) {
    case .applicationBlocked, .applicationPending: return "the Application's state were allowed"
    case .tokenRelease: return "the Application's tokenRelease were release"
    case .scopeCeiling: return "the Integration's maximumScopes held these scopes"
    case .noIntegration: return "an enabled Integration were set up"
    case .issuerChanged: return "an owner or admin took over what the MCP server says about its authorization now"
    case .purpose, .membership, .applicationUnknown, .organizationDefault, nil: break
    }
    switch EffectiveTools.Rule(rawValue: rule) {
    case .charmServer: return "the Charm had this MCP server"
    case .serverCeiling: return "the server's allowedTools named the tool"
    case .charmCeiling: return "the Charm's allowedTools named the tool"
    case .toolBlocked, .toolQuarantined: return "an owner or admin approved the tool"
    case .organizationDefault, nil: return nil
    }
  }
}
