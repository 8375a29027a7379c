import Foundation
import Model

@testable import PolicyKit

/// An organization that exists in plans alone: what is planned for it is so at once.
struct PlannedOrganization {
  /// A kind of thing that a document speaks of, with the least that makes one.
  enum Kind: String, CaseIterable {
    case integration, mcpServer, charm, application, rule

    /// The list of the document, and the name of what things of it are known by.
    var list: String { rawValue == "mcpServer" ? "mcpServers" : "\(rawValue)s" }
    var key: String { self == .charm || self == .application ? "id" : "name" }
    /// The field in which the two forms of a thing differ.
    var changedField: String {
      switch self {
      case .integration: "defaultScopes"
      case .mcpServer: "description"
      case .charm: "name"
      case .application: "state"
      case .rule: "effect"
      }
    }

    /// A document with a list of this kind alone.
    ///
    /// - Parameter isChanged: whether the things are in their second form.
    func document(_ names: String..., isChanged: Bool = false) -> ConfigurationDocument {
      var document = ConfigurationDocument()
      switch self {
      case .integration: document.integrations = names.map { Self.integration($0, isChanged) }
      case .mcpServer: document.mcpServers = names.map { Self.server($0, isChanged) }
      case .charm:
        document.charms = names.map { .init(id: $0, name: isChanged ? "Another" : "One", mcpServers: []) }
      case .application: document.applications = names.map { .init(id: $0, state: isChanged ? .pending : .blocked) }
      case .rule: document.rules = names.map { Self.rule($0, isChanged) }
      }
      return document
    }

    private static func integration(_ name: String, _ isChanged: Bool) -> ConfigurationDocument.Integration {
      ConfigurationDocument.Integration(
        name: name, provider: "github", clientId: "client",
        clientSecret: ConfigurationDocument.SecretReference("secret"), defaultScopes: isChanged ? ["gist"] : ["repo"])
    }

    private static func server(_ name: String, _ isChanged: Bool) -> ConfigurationDocument.MCPServer {
      ConfigurationDocument.MCPServer(
        name: name, url: PlannedOrganization.url, auth: .init(type: .none), description: isChanged ? "Another" : "One")
    }

    private static func rule(_ name: String, _ isChanged: Bool) -> JSONValue {
      ["name": .string(name), "effect": .string(isChanged ? "allow" : "deny")]
    }
  }

  static let url = "https://mcp.example.com/mcp"

  var state = ConfigurationState(
    organization: .random(), defaultEffect: .allow, integrations: [], servers: [], charms: [], applications: [],
    rules: [], members: [:])
  private let planner: ConfigurationPlanner

  init() throws {
    planner = ConfigurationPlanner(
      rules: MCPServerRules(insecureHosts: []),
      providers: try ProviderDirectory(sandboxIssuer: nil, insecureHosts: []), publicUrl: "https://lanyard.test")
  }

  func plan(
    _ document: ConfigurationDocument, prune: Bool = false, dryRun: Bool = false,
    secrets: [String: WireSecret]? = nil, replaces: [String]? = nil
  ) throws -> ConfigurationPlan {
    let values = secrets ?? (document.integrations?.isEmpty == false ? ["secret": WireSecret("canary")] : nil)
    let request = PutConfiguration(configuration: document, secrets: values, replaceSecrets: replaces)
    return try planner.plan(
      ApplyConfiguration(request: request, prune: prune, dryRun: dryRun), for: state,
      newIds: NewConfigurationIDs(for: document))
  }

  /// Makes it so, and says what was different.
  @discardableResult
  mutating func apply(_ document: ConfigurationDocument, prune: Bool = false) throws -> ConfigurationReport {
    let plan = try plan(document, prune: prune)
    Self.apply(plan.integrations, to: &state.integrations, \.id)
    Self.apply(plan.servers, to: &state.servers, \.id)
    Self.apply(plan.charms, to: &state.charms, \.id)
    Self.apply(plan.applications, to: &state.applications, \.id)
    Self.apply(plan.rules, to: &state.rules, \.id)
    if let effect = plan.defaultEffect { state.defaultEffect = effect.after }
    return plan.report(dryRun: false, version: "", of: state.organization)
  }

  /// Where something is wrong, as pointers; empty where nothing is. Secrets are left for later.
  func problems(_ document: ConfigurationDocument, prune: Bool = false) -> [String] {
    do {
      _ = try plan(document, prune: prune, dryRun: true, secrets: [:])
      return []
    } catch {
      return (error as? RuleProblems)?.problems.map(\.pointer) ?? ["\(error)"]
    }
  }

  private static func apply<Thing, ID: Hashable>(
    _ changes: ConfigurationPlan.Changes<Thing>, to things: inout [Thing], _ id: KeyPath<Thing, ID>
  ) {
    let gone = Set((changes.deleted + changes.changed.map(\.before)).map { $0[keyPath: id] })
    things.removeAll { gone.contains($0[keyPath: id]) }
    things += changes.created + changes.changed.map(\.after)
  }
}

extension ConfigurationReport {
  /// What was created, changed, left and deleted, each as documents know it: a Charm by its id.
  var names: [[String]] {
    [created, changed, unchanged, deleted].map { entries in
      entries.map { $0.kind == .charm ? $0.id ?? "" : $0.name }
    }
  }
}
