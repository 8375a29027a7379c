/// Where a rule names members, Integrations and MCP servers. In a document they stand by name, in the service by id.
public enum RuleNames {
  public enum Kind: Sendable, CaseIterable {
    case user, integration, mcpServer

    /// The list that holds them.
    public var path: (part: String, list: String) {
      switch self {
      case .user: ("subjects", "users")
      case .integration: ("resources", "integrations")
      case .mcpServer: ("resources", "mcpServers")
      }
    }
  }

  /// The rule with every one of its names replaced, each told with its place in its list. Whatever is not shaped as it should be stays, for the reader to tell.
  public static func replacing(in rule: JSONValue, _ replace: (Kind, Int, String) -> String) -> JSONValue {
    guard case .object(var members) = rule else { return rule }
    for kind in Kind.allCases {
      let (part, list) = kind.path
      guard case .object(var fields) = members[part], case .array(let entries) = fields[list] else { continue }
      fields[list] = .array(
        entries.enumerated().map { index, entry in
          guard case .string(let name) = entry else { return entry }
          return .string(replace(kind, index, name))
        })
      members[part] = .object(fields)
    }
    return .object(members)
  }
}
