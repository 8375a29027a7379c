public import FoundationEssentials

/// One tool of an MCP server's stored catalogue, as owners and admins see it.
public struct MCPTool: Codable, Sendable {
  public enum State: String, Codable, Sendable, CaseIterable {
    /// The server describes it as it was approved.
    case approved
    /// Never approved.
    case new
    /// The server describes it otherwise than it was approved.
    case changed
    /// The server no longer has it.
    case removed
    /// An owner or admin shut it off, whatever the server says.
    case blocked
  }

  /// One place in which the server's definition differs from the approved one.
  public struct Difference: Codable, Sendable, Hashable {
    /// A JSON pointer into the definition.
    public var path: String
    /// JSON text; absent where nothing stood.
    public var before: String?
    /// JSON text; absent where nothing stands now.
    public var after: String?

    public init(path: String, before: String?, after: String?) {
      self.path = path
      self.before = before
      self.after = after
    }
  }

  public var name: String
  /// SHA-256 in hexadecimal over what an agent is guided by: name, title, description, schemas and annotations.
  public var definitionHash: String
  public var state: State
  /// As the server described it last.
  public var definition: JSONValue
  /// What changed since it was approved; empty unless `state` is `changed`.
  public var diff: [Difference]
  public var firstSeenAt: Date
  /// When definition or state changed last.
  public var changedAt: Date

  public init(
    name: String, definitionHash: String, state: State, definition: JSONValue, diff: [Difference], firstSeenAt: Date,
    changedAt: Date
  ) {
    self.name = name
    self.definitionHash = definitionHash
    self.state = state
    self.definition = definition
    self.diff = diff
    self.firstSeenAt = firstSeenAt
    self.changedAt = changedAt
  }
}

/// Names a tool, and the definition that whoever decides about it has seen.
public struct ToolReference: Codable, Sendable, Hashable {
  public var name: String
  /// Where it is given, deciding fails with `conflict` when the tool has another definition by now.
  public var definitionHash: String?

  public init(name: String, definitionHash: String? = nil) {
    self.name = name
    self.definitionHash = definitionHash
  }
}

/// The optional body of `POST /v1/mcp-servers/{id}/tools/{name}/approve` and `…/block`.
public struct DecideTool: Codable, Sendable {
  /// The definition that whoever decides has seen.
  public var definitionHash: String?

  public init(definitionHash: String? = nil) { self.definitionHash = definitionHash }
}

/// Everything that a server answered to `tools/list`, all pages, in its own words: a hash over anything else would be another one.
public struct StoreTools: Codable, Sendable {
  /// Tools of an MCP server that are kept. The largest servers known have a few hundred.
  public static let maximumCount = 1_000
  /// Bytes of all definitions of a server: within a request's limit of 1 MiB, and in an answer with room to spare.
  public static let maximumBytes = 786_432

  /// The JSON text of each definition.
  public var definitions: [String]

  public init(definitions: [String]) { self.definitions = definitions }
}

/// What a catalogue looks like after it was stored.
public struct StoredTools: Codable, Sendable {
  /// How many tools there are in each ``MCPTool/State``, by its name.
  public var totals: [String: Int]
  /// Whether anything is different from before.
  public var changed: Bool
  /// Why entries of the server's list are no tools.
  public var unusable: [String]

  public init(totals: [String: Int], changed: Bool, unusable: [String]) {
    self.totals = totals
    self.changed = changed
    self.unusable = unusable
  }
}
