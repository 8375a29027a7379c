/// What a rule speaks of. Entries of one list are alternatives, all lists must match, an absent list matches everything.
///
/// `tools` and `annotations` make it a rule about calls of tools, `scopes` one about Integrations.
public struct RuleResources: Hashable, Sendable, Encodable {
  /// What a tool's server hints at (MCP `ToolAnnotations`). A hint that is absent counts as the protocol says: a tool
  /// that says nothing may destroy and reaches the open world. They are as good as the server.
  public enum Annotation: String, Codable, Sendable, CaseIterable {
    /// It may destroy something, and is not read-only.
    case destructive
    /// It changes nothing.
    case readOnly
    /// It reaches things that its server does not control.
    case openWorld
  }

  /// Also MCP servers that are used through one of them.
  public var integrations: [IntegrationID]?
  public var mcpServers: [MCPServerID]?
  /// Tools by the server's own names for them.
  public var tools: [GlobPattern]?
  public var annotations: [Annotation]?
  /// Each requested scope is judged by itself, and the request is allowed if all of them are.
  public var scopes: [String]?

  public init(
    integrations: [IntegrationID]? = nil, mcpServers: [MCPServerID]? = nil, tools: [GlobPattern]? = nil,
    annotations: [Annotation]? = nil, scopes: [String]? = nil
  ) {
    self.integrations = integrations
    self.mcpServers = mcpServers
    self.tools = tools
    self.annotations = annotations
    self.scopes = scopes
  }

  var entryCount: Int {
    let named = (integrations?.count ?? 0) + (mcpServers?.count ?? 0)
    return named + (tools?.count ?? 0) + (annotations?.count ?? 0) + (scopes?.count ?? 0)
  }
}

extension RuleReader {
  mutating func resources(_ field: Field) -> RuleResources? {
    let known = ["integrations", "mcpServers", "tools", "annotations", "scopes"]
    guard let object = object(field, known: known) else { return nil }
    return RuleResources(
      integrations: list("integrations", of: object) { $0.identifier($1) },
      mcpServers: list("mcpServers", of: object) { $0.identifier($1) },
      tools: list("tools", of: object) { $0.pattern($1) },
      annotations: list("annotations", of: object) { $0.choice($1, of: RuleResources.Annotation.self) },
      scopes: list("scopes", of: object) { $0.scope($1) })
  }

  /// A scope as RFC 6749 section 3.3 spells it: printable ASCII without blank, quote and backslash.
  private mutating func scope(_ field: Field) -> String? {
    guard let text = text(field, maximumBytes: RuleLimits.scopeBytes) else { return nil }
    guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") })
    else {
      report(field.place, "is not a scope (RFC 6749 section 3.3)")
      return nil
    }
    return text
  }
}
