import Model

/// Which MCP servers a Charm has, as it stands in the form.
struct CharmForm: Sendable {
  static let accessPrefix = "access-"
  static let toolsPrefix = "tools-"
  /// The hidden field that says which state of the Charm its reader has seen.
  static let versionField = "version"

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
  let version: String?

  init(_ charm: Charm) {
    name = charm.name
    version = Self.version(of: charm)
    entries = Dictionary(
      charm.mcpServers.map {
        ($0.mcpServerId, Entry(access: $0.allowedTools == nil ? .all : .some, tools: $0.allowedTools ?? []))
      }, uniquingKeysWith: { first, _ in first })
  }

  init(_ fields: FormFields) {
    name = fields.filled("name") ?? ""
    version = fields.filled(Self.versionField)
    entries = fields.names.reduce(into: [:]) { entries, field in
      guard field.hasPrefix(Self.accessPrefix),
        let id = MCPServerID(validating: String(field.dropFirst(Self.accessPrefix.count)))
      else { return }
      entries[id] = Entry(
        access: fields[field].flatMap(Access.init) ?? .none, tools: fields.lines(Self.toolsPrefix + id.rawValue))
    }
  }

  /// What the form changes about the Charm as it is stored. Its servers stay in their order, and a list that was not
  /// changed is not sent.
  ///
  /// - Throws: `conflict` where the Charm is no longer what the form's reader has seen: the form holds all of its servers,
  ///   and would undo somebody else's narrowing. `invalid_request` with what is missing, or tools that were filled in and
  ///   would be lost.
  func update(of stored: Charm, _ directory: ConsoleDirectory) throws -> UpdateCharm {
    guard version == Self.version(of: stored) else {
      throw ServiceError(.conflict, "Somebody has changed the Charm meanwhile. Load its page again.")
    }
    guard !name.isEmpty else { throw ServiceError(.invalidRequest, "Fill in a name.") }
    let listed = stored.mcpServers.map(\.mcpServerId)
    let added = entries.keys.filter { !listed.contains($0) }.sorted { $0.rawValue < $1.rawValue }
    let servers = try (listed + added).compactMap { try server($0, directory) }
    return UpdateCharm(name: name, mcpServers: servers == stored.mcpServers ? nil : servers)
  }

  private func server(_ id: MCPServerID, _ directory: ConsoleDirectory) throws -> Charm.Server? {
    guard let entry = entries[id] else { return nil }
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

  private static func version(of charm: Charm) -> String { WireTime.text(charm.updatedAt) }
}
