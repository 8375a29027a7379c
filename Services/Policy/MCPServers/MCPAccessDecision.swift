import Model

/// Whether a caller may use an MCP server at all. Facts only: the deciding code has no clock and no database.
struct MCPAccessQuestion: Sendable {
  var auth: MCPServerAuth
  /// Why nothing may be sent to the server.
  var configError: MCPServer.ConfigError?
  /// False for an API key, which has no Connections.
  var isPerson: Bool
  /// Nil when no Charm acts.
  var charm: EffectiveTools.CharmPart?
  /// The enabled Integration behind `oauth`.
  var integration: AccessQuestion.Candidate?
  /// What a Connection must cover.
  var scopes: [String]

  /// Decides. A refusal by any rule beats the organization's default, which speaks last.
  func decide() -> Decision {
    if let charm, !charm.hasServer { return EffectiveTools.denyServer(charm: charm.id) }
    if let configError {
      return deny(.issuerChanged, "Nothing is sent to the MCP server for now: \(configError.detail)")
    }
    if auth.type == .oauth {
      guard let integration else {
        return deny(.noIntegration, "The MCP server has no enabled Integration. An owner or admin must set one up.")
      }
      let excess = integration.excess(scopes)
      guard excess.isEmpty else {
        return deny(
          .scopeCeiling,
          "The Integration's ceiling does not allow these scopes: \(excess.sorted().joined(separator: ", ")).")
      }
      guard isPerson else {
        return deny(.purpose, "An API key has no Connections of its own; use a session of a user.")
      }
    }
    return Decision(
      effect: .allow, decidingRule: AccessDecision.Rule.organizationDefault.rawValue,
      reasons: ["Members may use every enabled MCP server of their organization."])
  }

  private func deny(_ rule: AccessDecision.Rule, _ reason: String) -> Decision {
    Decision(effect: .deny, decidingRule: rule.rawValue, reasons: [reason])
  }
}
