import Model

/// The checked parts of a Charm.
enum CharmDraft {
  static func check(id: String) throws {
    try TextRules.check(id, field: "id", maximum: PolicyLimits.applicationIdLength)
  }

  static func check(name: String) throws {
    try TextRules.check(name, field: "name", maximum: PolicyLimits.nameLength)
  }

  /// Each server once, each tool of it once.
  /// - Throws: `invalid_request` that names the entry.
  static func servers(_ servers: [Charm.Server]) throws -> [Charm.Server] {
    guard servers.count <= PolicyLimits.mcpServerCount else {
      throw MCPServerRules.invalid("mcpServers", "must have at most \(PolicyLimits.mcpServerCount) entries.")
    }
    var seen: Set<MCPServerID> = []
    return try servers.enumerated().map { index, server in
      guard seen.insert(server.mcpServerId).inserted else {
        throw MCPServerRules.invalid("mcpServers[\(index)].mcpServerId", "is there twice.")
      }
      let tools = try MCPServerRules.tools(server.allowedTools, field: "mcpServers[\(index)].allowedTools")
      return Charm.Server(mcpServerId: server.mcpServerId, allowedTools: tools)
    }
  }
}
