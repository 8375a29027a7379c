import Model

/// Which MCP servers a Charm has, as it stands in the form.
struct CharmForm: Sendable {
  static let accessPrefix = "access-"
  static let toolsPrefix = "tools-"

  /// How much of one server.
  enum Access: String, Sendable, CaseIterable {
    case none
    /// No narrowing: everything that the organization allows.
    case all
    /// These tools and no others.
    case some
  }

  struct Entry: Sendable {
    var access: Access
    var tools: [String]
  }

  var name: String
  private(set) var entries: [MCPServerID: Entry]

  init(_ charm: Charm) {
    name = charm.name
    entries = Dictionary(
      charm.mcpServers.map {
        ($0.mcpServerId, Entry(access: $0.allowedTools == nil ? .all : .some, tools: $0.allowedTools ?? []))
      }, uniquingKeysWith: { first, _ in first })
  }

  init(_ fields: FormFields) {
    name = fields.filled("name") ?? ""
    entries = fields.names.reduce(into: [:]) { entries, field in
      guard field.hasPrefix(Self.accessPrefix),
        let id = MCPServerID(validating: String(field.dropFirst(Self.accessPrefix.count)))
      else { return }
      entries[id] = Entry(
        access: fields[field].flatMap(Access.init) ?? .none, tools: fields.lines(Self.toolsPrefix + id.rawValue))
    }
  }

  /// - Throws: `invalid_request` with what is missing, or tools that were filled in and would be lost.
  func update(_ directory: ConsoleDirectory) throws -> UpdateCharm {
    guard !name.isEmpty else { throw ServiceError(.invalidRequest, "Fill in a name.") }
    let servers = try entries.sorted { $0.key.rawValue < $1.key.rawValue }.compactMap { id, entry -> Charm.Server? in
      guard entry.access == .some || entry.tools.isEmpty else {
        throw ServiceError(
          .invalidRequest,
          "\(directory.name(of: id)): tools are named, so choose \"Only these tools\", or take the names out.")
      }
      switch entry.access {
      case .none: return nil
      case .all: return Charm.Server(mcpServerId: id)
      case .some: return Charm.Server(mcpServerId: id, allowedTools: entry.tools)
      }
    }
    return UpdateCharm(name: name, mcpServers: servers)
  }
}
