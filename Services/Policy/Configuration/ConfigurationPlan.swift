import Model

/// What it takes to make an organization what a document says.
struct ConfigurationPlan: Sendable {
  /// Things of one kind.
  struct Changes<Thing: Sendable>: Sendable {
    struct Change: Sendable {
      var before: Thing
      var after: Thing
      var fields: [String]
    }

    var created: [Thing] = []
    var changed: [Change] = []
    var unchanged: [Thing] = []
    var deleted: [Thing] = []

    /// Sorts a thing of the document by what is different about it.
    mutating func add(_ after: Thing, before: Thing?, fields: [String]) {
      guard let before else { return created.append(after) }
      guard !fields.isEmpty else { return unchanged.append(before) }
      changed.append(.init(before: before, after: after, fields: fields))
    }
  }

  /// A secret that the vault is to be given first.
  struct SecretWrite: Sendable {
    enum Owner: Sendable {
      case integration(IntegrationID)
      case server(MCPServerID)
    }

    var owner: Owner
    var value: WireSecret
    /// Whether the owner has none yet.
    var isFirst: Bool
  }

  /// Where the document speaks of it: what silence meant and means.
  var defaultEffect: (before: Decision.Effect, after: Decision.Effect)?
  var integrations = Changes<IntegrationRecord>()
  var servers = Changes<MCPServerRecord>()
  var charms = Changes<Charm>()
  var applications = Changes<Application>()
  var rules = Changes<Rule>()
  var secrets: [SecretWrite] = []
  /// What is needed and was not given, with the places that need it.
  var missingSecrets: [(place: JSONPointer, name: String)] = []

  /// - Parameter isPlanned: whether the ids of new things will be others in the end.
  func report(dryRun isPlanned: Bool, version: String, of organization: OrganizationID) -> ConfigurationReport {
    var report = ConfigurationReport(dryRun: isPlanned, version: version)
    if let (before, after) = defaultEffect {
      let entry = ConfigurationReport.Entry(
        kind: .organization, name: "defaultEffect", id: organization.rawValue,
        fields: before == after ? nil : ["defaultEffect"])
      if before == after { report.unchanged.append(entry) } else { report.changed.append(entry) }
    }
    report.add(integrations, isPlanned) { .init(kind: .integration, name: $0.name, id: $0.id.rawValue) }
    report.add(servers, isPlanned) { .init(kind: .mcpServer, name: $0.name, id: $0.id.rawValue) }
    report.add(charms, false) { .init(kind: .charm, name: $0.name, id: $0.id) }
    report.add(applications, false) { .init(kind: .application, name: $0.name ?? $0.id, id: $0.id) }
    report.add(rules, isPlanned) { .init(kind: .rule, name: $0.draft.name, id: $0.id.rawValue) }
    return report
  }
}

extension ConfigurationReport {
  fileprivate mutating func add<Thing>(
    _ changes: ConfigurationPlan.Changes<Thing>, _ hidesNewIds: Bool, _ entry: (Thing) -> Entry
  ) {
    created += changes.created.map { thing in
      var new = entry(thing)
      if hidesNewIds { new.id = nil }
      return new
    }
    changed += changes.changed.map { change in
      var known = entry(change.after)
      known.fields = change.fields
      return known
    }
    unchanged += changes.unchanged.map(entry)
    deleted += changes.deleted.map(entry)
  }
}
