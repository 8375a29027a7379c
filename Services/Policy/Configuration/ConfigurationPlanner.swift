import FoundationEssentials
import Model

/// Holds a document against what there is. Pure, so that a plan can be made again inside the transaction that carries it out.
struct ConfigurationPlanner: Sendable {
  let rules: MCPServerRules
  let providers: ProviderDirectory
  /// The gateway's origin, without a slash at the end.
  let publicUrl: String

  /// - Parameter ids: for what is new.
  /// - Throws: ``RuleProblems`` with everything that is wrong.
  func plan(
    _ call: ApplyConfiguration, for state: ConfigurationState, newIds ids: NewConfigurationIDs
  ) throws -> ConfigurationPlan {
    var work = ConfigurationPlanning(self, call, state, ids)
    try work.planIntegrations()
    try work.planServers()
    try work.planCharms()
    try work.planApplications()
    try work.planRules()
    work.checkSecrets()
    if !call.dryRun {
      for missing in work.plan.missingSecrets {
        work.problems.add(missing.place, "needs the value of the secret \"\(missing.name)\": give it in secrets")
      }
    }
    guard work.problems.problems.isEmpty else { throw work.problems }
    return work.plan
  }
}

/// Ids for what a document may have that the organization has not.
struct NewConfigurationIDs: Sendable {
  private(set) var integrations: [String: IntegrationID] = [:]
  private(set) var servers: [String: MCPServerID] = [:]
  private(set) var rules: [Int: RuleID] = [:]

  init(for document: ConfigurationDocument) {
    for entry in document.integrations ?? [] { integrations[entry.name] = .random() }
    for entry in document.mcpServers ?? [] { servers[entry.name] = .random() }
    for index in (document.rules ?? []).indices { rules[index] = .random() }
  }
}

/// A plan while it is made.
struct ConfigurationPlanning {
  /// Where the document stands in the request.
  static let root = JSONPointer.member("configuration")

  let planner: ConfigurationPlanner
  let request: PutConfiguration
  let prune: Bool
  let state: ConfigurationState
  let ids: NewConfigurationIDs
  let now = Date()
  var plan = ConfigurationPlan()
  var problems = RuleProblems()
  /// Integrations and MCP servers as they will be, by name.
  var integrations: [String: IntegrationRecord] = [:]
  var servers: [String: MCPServerRecord] = [:]
  private var referredSecrets: Set<String> = []

  init(
    _ planner: ConfigurationPlanner, _ call: ApplyConfiguration, _ state: ConfigurationState, _ ids: NewConfigurationIDs
  ) {
    self.planner = planner
    (request, prune) = (call.request, call.prune)
    self.state = state
    self.ids = ids
    plan.defaultEffect = request.configuration.defaultEffect.map { (state.defaultEffect, $0) }
  }

  /// Fields of entries that checks name in their sentences.
  private static let fields: Set<String> = [
    "id", "name", "provider", "clientId", "clientSecret", "defaultScopes", "maximumScopes", "variables", "custom",
    "url", "auth", "allowedTools", "description", "mcpServers",
  ]

  /// Checks something; what is wrong with it is a problem at its place.
  mutating func attempt(_ place: JSONPointer, _ check: (inout Self) throws -> Void) throws {
    do {
      try check(&self)
    } catch let error as any ServiceErrorConvertible {
      note(error.serviceError.detail, at: place)
    }
  }

  /// The checks say "field must …": the field becomes a part of the place, by the name that it has in the document.
  private mutating func note(_ detail: String, at place: JSONPointer) {
    let sentence = detail.hasSuffix(".") ? String(detail.dropLast()) : detail
    let word = sentence.prefix { !$0.isWhitespace }
    let parts = word.split { ".[]".contains($0) }.map(String.init)
    guard let first = parts.first, Self.fields.contains(first), word.count < sentence.count else {
      return problems.add(place, "is refused: \(sentence)")
    }
    let names = ["integrationId": "integration", "mcpServerId": "mcpServer"]
    let field = parts.reduce(place) { $0.appending(names[$1] ?? $1) }
    problems.add(field, String(sentence.dropFirst(word.count + 1)))
  }

  /// Notes what would be the same as another entry of the document.
  mutating func isFirst(_ name: String, in seen: inout Set<String>, at place: JSONPointer) -> Bool {
    guard !seen.insert(name).inserted else { return true }
    problems.add(place, "is that of another entry above")
    return false
  }

  /// The one thing of a name; several are a problem.
  mutating func single<Thing>(_ things: [Thing]?, _ noun: String, at place: JSONPointer) -> Thing?? {
    guard let things, things.count > 1 else { return .some(things?.first) }
    problems.add(place, "is that of \(things.count) \(noun) of the organization: rename or delete all but one first")
    return nil
  }

  /// Sees to a secret that the document refers to.
  mutating func secret(
    _ reference: ConfigurationDocument.SecretReference?, of owner: ConfigurationPlan.SecretWrite.Owner, isNew: Bool,
    at place: JSONPointer, check: (WireSecret) throws -> WireSecret
  ) throws -> Bool {
    guard let name = reference?.secretRef else { return false }
    referredSecrets.insert(name)
    let replaces = !isNew && request.replaceSecrets?.contains(name) == true
    guard isNew || replaces else { return false }
    guard let value = request.secrets?[name] else {
      plan.missingSecrets.append((place.appending("secretRef"), name))
      return replaces
    }
    do {
      plan.secrets.append(.init(owner: owner, value: try check(value), isFirst: isNew))
    } catch let error as any ServiceErrorConvertible {
      problems.add(JSONPointer.member("secrets").appending(name), "is refused: \(error.serviceError.detail)")
    }
    return replaces
  }

  /// Every value that was given is for something.
  mutating func checkSecrets() {
    for name in (request.secrets ?? [:]).keys.sorted() where !referredSecrets.contains(name) {
      problems.add(JSONPointer.member("secrets").appending(name), "is not referred to in the configuration")
    }
    for (index, name) in (request.replaceSecrets ?? []).enumerated() where request.secrets?[name] == nil {
      problems.add(
        JSONPointer.member("replaceSecrets").appending(String(index)), "names no secret with a value in secrets")
    }
  }

  func place(_ list: String, _ index: Int) -> JSONPointer {
    Self.root.appending(list).appending(String(index))
  }
}
