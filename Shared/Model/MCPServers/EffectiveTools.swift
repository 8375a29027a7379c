/// Which tools of an MCP server a caller may see and call: the organization's ceiling, narrowed by the Charm's, held to what was approved.
///
/// Facts and a pure judgement, so that listing and calling agree and every refusal names its rule. Nothing here ever widens.
public struct EffectiveTools: Codable, Sendable, Hashable {
  /// Names of the rules, as decisions and audit rows show them.
  public enum Rule: String, Sendable, CaseIterable {
    /// The session's Charm does not have the server.
    case charmServer = "charm-server"
    case toolBlocked = "tool-blocked"
    case serverCeiling = "server-ceiling"
    case charmCeiling = "charm-ceiling"
    case toolQuarantined = "tool-quarantined"
    /// Members may use what no rule withholds.
    case organizationDefault = "organization-default"
  }

  /// What the session's Charm says about the server.
  public struct CharmPart: Codable, Sendable, Hashable {
    public var id: String
    /// False also for a Charm that the organization does not know.
    public var hasServer: Bool
    /// Absent: no narrowing. Empty: none.
    public var allowedTools: Set<String>?

    public init(id: String, hasServer: Bool, allowedTools: Set<String>? = nil) {
      self.id = id
      self.hasServer = hasServer
      self.allowedTools = allowedTools
    }
  }

  /// What the stored catalogue says about a tool.
  public struct Entry: Codable, Sendable, Hashable {
    public var state: MCPTool.State
    /// Of the server's last definition.
    public var definitionHash: String

    public init(state: MCPTool.State, definitionHash: String) {
      self.state = state
      self.definitionHash = definitionHash
    }
  }

  /// The organization's ceiling. Absent: all. Empty: none.
  public var allowedTools: Set<String>?
  /// Absent when no Charm acts.
  public var charm: CharmPart?
  /// Whether every tool must be approved first.
  public var pinning: Bool
  /// Whether a catalogue was ever stored; an empty one counts.
  public var hasCatalogue: Bool
  /// The stored catalogue by the tools' names.
  public var catalogue: [String: Entry]
  /// What the organization's rules say. Absent: there are none, and silence allows.
  public var rules: ToolRules?

  public init(
    allowedTools: Set<String>? = nil, charm: CharmPart? = nil, pinning: Bool = false, hasCatalogue: Bool = false,
    catalogue: [String: Entry] = [:], rules: ToolRules? = nil
  ) {
    self.allowedTools = allowedTools
    self.charm = charm
    self.pinning = pinning
    self.hasCatalogue = hasCatalogue
    self.catalogue = catalogue
    self.rules = rules
  }

  /// Whether the policy service is to be asked about each call of a tool, with its arguments.
  public func needsDecision(_ name: String) -> Bool { rules.map { !$0.allowed.contains(name) } ?? false }

  /// Whether tools that nobody has approved are withheld.
  public var holdsUnapproved: Bool { pinning || allowedTools != nil }

  /// Judges a tool by the server's own name for it.
  ///
  /// - Parameter definitionHash: of the definition that the server gives now, where it is known: another one than the approved one is
  ///   withheld even before the catalogue has learned of it.
  public func judge(_ name: String, definitionHash: String? = nil) -> Decision {
    if let charm, !charm.hasServer { return Self.denyServer(charm: charm.id) }
    let entry = catalogue[name]
    if entry?.state == .blocked {
      return Self.deny(.toolBlocked, "An owner or admin of the organization has blocked the tool \"\(name)\".")
    }
    if let allowedTools, !allowedTools.contains(name) {
      return Self.deny(.serverCeiling, "The organization does not allow the tool \"\(name)\" of this server.")
    }
    if let charm, let tools = charm.allowedTools, !tools.contains(name) {
      return Self.deny(.charmCeiling, "The Charm \"\(charm.id)\" does not have the tool \"\(name)\".")
    }
    if let reason = quarantine(entry, definitionHash) {
      return Self.deny(.toolQuarantined, "The tool \"\(name)\" \(reason) An owner or admin must approve it first.")
    }
    if let refusal = rules?.refused[name] { return refusal }
    return Decision(
      effect: .allow, decidingRule: Rule.organizationDefault.rawValue,
      reasons: ["Members may use the tools that the organization has set up."])
  }

  /// Whether a tool may be listed and called; see ``judge(_:definitionHash:)``.
  public func allows(_ name: String, definitionHash: String? = nil) -> Bool {
    judge(name, definitionHash: definitionHash).effect == .allow
  }

  /// The refusal of a whole server that the session's Charm does not have.
  public static func denyServer(charm id: String) -> Decision {
    deny(.charmServer, "The Charm \"\(id)\" does not have this MCP server.")
  }

  private func quarantine(_ entry: Entry?, _ definitionHash: String?) -> String? {
    guard holdsUnapproved else { return nil }
    guard let entry else { return pinning || hasCatalogue ? "has not been seen before." : nil }
    switch entry.state {
    case .new: return "is new."
    case .changed: return "has changed since it was approved."
    case .removed: return "was gone from the server when it was looked at last."
    case .blocked: return "is blocked."
    case .approved:
      guard let definitionHash, definitionHash != entry.definitionHash else { return nil }
      return "has changed since it was approved."
    }
  }

  private static func deny(_ rule: Rule, _ reason: String) -> Decision {
    Decision(effect: .deny, decidingRule: rule.rawValue, reasons: [reason])
  }
}
