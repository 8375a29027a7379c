import Model

extension ConfigurationPlanning {
  mutating func planCharms() throws {
    guard let entries = request.configuration.charms else { return }
    let stored = Dictionary(state.charms.map { ($0.id, $0) }, uniquingKeysWith: { $1 })
    var seen: Set<String> = []
    for (index, entry) in entries.enumerated() {
      let place = place("charms", index)
      guard isFirst(entry.id, in: &seen, at: place.appending("id")) else { continue }
      try attempt(place) { try $0.plan(entry, stored[entry.id], at: place) }
    }
    if prune { plan.charms.deleted = state.charms.filter { !seen.contains($0.id) } }
  }

  private mutating func plan(_ entry: ConfigurationDocument.Charm, _ known: Charm?, at place: JSONPointer) throws {
    try attempt(place) { _ in try TextRules.check(newPlatformId: entry.id, field: "id") }
    try attempt(place) { _ in try CharmDraft.check(name: entry.name) }
    let listed: [Charm.Server] = entry.mcpServers.enumerated().compactMap { index, part in
      guard let server = servers[part.mcpServer] else {
        let entry = place.appending("mcpServers").appending(String(index))
        problems.add(entry.appending("mcpServer"), "names no MCP server")
        return nil
      }
      return Charm.Server(mcpServerId: server.id, allowedTools: part.allowedTools)
    }
    guard listed.count == entry.mcpServers.count else { return }
    var after = known ?? Charm(id: entry.id, name: entry.name, mcpServers: [], createdAt: now, updatedAt: now)
    after.name = entry.name
    after.mcpServers = try CharmDraft.servers(listed)
    var fields: [String] = []
    if after.name != known?.name { fields.append("name") }
    if after.mcpServers != known?.mcpServers { fields.append("mcpServers") }
    if !fields.isEmpty { after.updatedAt = now }
    plan.charms.add(after, before: known, fields: fields)
  }

  mutating func planApplications() throws {
    guard let entries = request.configuration.applications else { return }
    let stored = Dictionary(state.applications.map { ($0.id, $0) }, uniquingKeysWith: { $1 })
    var seen: Set<String> = []
    for (index, entry) in entries.enumerated() {
      let place = place("applications", index)
      guard isFirst(entry.id, in: &seen, at: place.appending("id")) else { continue }
      try attempt(place) { _ in
        try TextRules.check(newPlatformId: entry.id, field: "id")
      }
      plan(entry, stored[entry.id])
    }
    guard prune else { return }
    for known in state.applications where known.hasOwnSetting && !seen.contains(known.id) {
      plan.applications.deleted.append(known)
    }
  }

  private mutating func plan(_ entry: ConfigurationDocument.Application, _ known: Application?) {
    var after =
      known
      ?? Application(
        id: entry.id, appIds: [], name: nil, state: .allowed, tokenRelease: .release, firstSeenAt: now, lastSeenAt: now)
    after.state = entry.state
    after.tokenRelease = entry.tokenRelease ?? .release
    // One that has not been seen and has no setting of its own needs no row.
    let before = known ?? (after.hasOwnSetting ? nil : after)
    var fields: [String] = []
    if after.state != before?.state { fields.append("state") }
    if after.tokenRelease != before?.tokenRelease { fields.append("tokenRelease") }
    plan.applications.add(after, before: before, fields: fields)
  }
}
