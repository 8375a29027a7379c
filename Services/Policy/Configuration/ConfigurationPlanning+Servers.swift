import Model

extension ConfigurationPlanning {
  mutating func planServers() throws {
    let stored = Dictionary(grouping: state.servers, by: \.name)
    for (name, records) in stored where records.count == 1 { servers[name] = records[0] }
    if let entries = request.configuration.mcpServers { try plan(entries, stored) }
    refuseLosingIntegrations()
  }

  private mutating func plan(
    _ entries: [ConfigurationDocument.MCPServer], _ stored: [String: [MCPServerRecord]]
  ) throws {
    var slugs = Set(state.servers.map(\.slug))
    var seen: Set<String> = []
    for (index, entry) in entries.enumerated() {
      let place = place("mcpServers", index)
      let name = place.appending("name")
      guard isFirst(entry.name, in: &seen, at: name), let known = single(stored[entry.name], "MCP servers", at: name)
      else { continue }
      try attempt(place) { try $0.plan(entry, known, &slugs, at: place) }
    }
    if prune {
      plan.servers.deleted = state.servers.filter { !seen.contains($0.name) }
      for record in plan.servers.deleted { servers[record.name] = nil }
    }
    if state.servers.count + plan.servers.created.count - plan.servers.deleted.count > PolicyLimits.mcpServerCount {
      problems.add(
        Self.root.appending("mcpServers"), "would make more than \(PolicyLimits.mcpServerCount) MCP servers")
    }
  }

  private mutating func plan(
    _ entry: ConfigurationDocument.MCPServer, _ known: MCPServerRecord?, _ slugs: inout Set<String>,
    at place: JSONPointer
  ) throws {
    let rules = planner.rules
    try attempt(place) { _ in try rules.check(name: entry.name) }
    try attempt(place) { _ in try rules.check(url: entry.url) }
    try attempt(place) { _ in try rules.check(description: entry.description) }
    let tools = try MCPServerRules.tools(entry.allowedTools)
    guard let auth = try auth(entry.auth, known, at: place.appending("auth")) else { return }
    if let known, known.url != entry.url {
      problems.add(
        place.appending("url"),
        "cannot be changed, since tokens are bound to it: make a server with another name, or delete this one first")
    }
    var after =
      known
      ?? MCPServerRecord(
        id: ids.servers[entry.name] ?? .random(), organizationId: state.organization, name: entry.name,
        slug: MCPServerSlug.make(of: entry.name, taken: slugs), url: entry.url, auth: auth, allowedTools: tools,
        description: entry.description, status: .enabled, pinning: false, catalogueStoredAt: nil, createdAt: now,
        updatedAt: now)
    slugs.insert(after.slug)
    // As with a change of its own: what was found about another Integration is forgotten.
    if auth.integrationId != after.auth.integrationId { (after.discovered, after.configError) = (nil, nil) }
    after.auth = auth
    after.allowedTools = tools
    after.description = entry.description
    after.status = entry.status ?? .enabled
    after.pinning = entry.pinning ?? false
    let hasToken = known?.auth.type == .staticToken
    let isReplaced = try secret(
      auth.type == .staticToken ? entry.auth.token : nil, of: .server(after.id), isNew: !hasToken,
      at: place.appending("auth").appending("token"), check: MCPServerRules.token)
    let fields = known.map { after.differences(from: $0) + (isReplaced ? ["token"] : []) } ?? []
    if known == nil || fields.contains("auth") { refuseExcess(after, at: place) }
    if !fields.isEmpty { after.updatedAt = now }
    plan.servers.add(after, before: known, fields: fields)
    servers[entry.name] = after
  }

  /// Nil where a problem was noted.
  private mutating func auth(
    _ entry: ConfigurationDocument.Auth, _ known: MCPServerRecord?, at place: JSONPointer
  ) throws -> MCPServerAuth? {
    var integration: IntegrationID?
    if let name = entry.integration {
      guard let record = integrations[name] else {
        problems.add(place.appending("integration"), "names no Integration")
        return nil
      }
      integration = record.id
    }
    guard (entry.token == nil) == (entry.type != .staticToken) else {
      problems.add(
        place.appending("token"), entry.token == nil ? "is missing" : "goes with the type \"staticToken\" only")
      return nil
    }
    var auth = try planner.rules.auth(
      MCPServerAuthInput(
        type: entry.type, header: entry.header, prefix: entry.prefix, integrationId: integration, scopes: entry.scopes))
    // What was found by the URL stays, be it one of the organization's own Integrations.
    if auth.type == .oauth, integration == nil, let known, known.auth.type == .oauth,
      known.discovered != nil || !isOwn(known.auth.integrationId)
    {
      auth.integrationId = known.auth.integrationId
      auth.scopes = entry.scopes ?? (known.auth.integrationId == nil ? nil : known.auth.scopes)
    }
    return auth
  }

  private func isOwn(_ id: IntegrationID?) -> Bool { state.ownIntegrations.contains { $0.id == id } }

  private mutating func refuseExcess(_ server: MCPServerRecord, at place: JSONPointer) {
    guard let integration = integrations.values.first(where: { $0.id == server.auth.integrationId }) else { return }
    let excess = AccessQuestion.Candidate(integration, planner.providers).excess(server.auth.scopes ?? [])
    guard !excess.isEmpty else { return }
    problems.add(
      place.appending("auth").appending("scopes"),
      "go beyond the Integration's ceiling: \(excess.sorted().joined(separator: ", "))")
  }

  /// An Integration that a server goes on using is not deleted.
  private mutating func refuseLosingIntegrations() {
    let deleted = Set(plan.integrations.deleted.map(\.id))
    for server in servers.values.sorted(by: { $0.name < $1.name }) {
      guard let id = server.auth.integrationId, deleted.contains(id) else { continue }
      problems.add(
        Self.root.appending("integrations"), "leave out an Integration that the MCP server \"\(server.name)\" uses")
    }
  }
}

extension MCPServerRecord {
  /// Names of the fields in which it is another than before.
  fileprivate func differences(from before: MCPServerRecord) -> [String] {
    var fields: [String] = []
    if auth != before.auth { fields.append("auth") }
    if allowedTools != before.allowedTools { fields.append("allowedTools") }
    if description != before.description { fields.append("description") }
    if status != before.status { fields.append("status") }
    if pinning != before.pinning { fields.append("pinning") }
    return fields
  }
}
