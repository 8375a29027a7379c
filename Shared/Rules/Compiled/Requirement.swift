/// A part of a rule that must hold for it to match.
public enum Requirement: Hashable, Sendable {
  case users, groups, roles, charms, applications
  case integrations, mcpServers, tools, annotations, scopes
  /// The condition at this place of the list.
  case argument(Int)
  case hours, rate

  /// Settled by ``RuleIndex`` before a rule is looked at.
  var isIndexed: Bool {
    switch self {
    case .users, .groups, .roles, .charms, .applications, .integrations, .mcpServers: true
    case .tools, .annotations, .scopes, .argument, .hours, .rate: false
    }
  }
}
