import Foundation
import Model
import ServiceKit
import TestSupport
import Testing

@testable import PolicyKit

/// Members, servers and Integrations that random rules speak of.
struct PreviewWorld: Sendable {
  private static let tools = ["read", "write", "drop"]

  let tenant: Tenant
  private let people: [(user: UserID, session: CredentialHash)]
  private let servers: [MCPServerID]
  private let integrations: [IntegrationID]

  init(_ tenant: Tenant) async throws {
    self.tenant = tenant
    var people: [(UserID, CredentialHash)] = []
    for (name, role, groups) in [
      ("ada", Role.admin, ["staff"]), ("bob", .member, ["sales", "staff"]), ("eve", .member, []),
    ] {
      let created = try await tenant.createSession(
        CreateSession(user: .init(id: name, groups: groups), role: role))
      people.append((created.userId, Tenant.hash(created.token.secret)))
    }
    self.people = people
    var servers: [MCPServerID] = []
    for name in ["Mail", "Files"] {
      let server = try await tenant.createServer(name).id
      try await tenant.store(
        [
          Tenant.definition("read", hints: #""readOnlyHint":true"#),
          Tenant.definition("write", hints: #""destructiveHint":false"#), Tenant.definition("drop"),
        ], of: server)
      servers.append(server)
    }
    self.servers = servers
    integrations = [try await tenant.createIntegration().id, try await tenant.createIntegration().id]
  }

  /// A rule about some of it.
  func draft(using random: inout some RandomNumberGenerator) -> RuleDraft {
    var subjects = RuleSubjects()
    switch Int.random(in: 0..<4, using: &random) {
    case 0: subjects.users = people.randomElement(using: &random).map { [$0.user] }
    case 1: subjects.groups = [["staff", "sales"].randomElement(using: &random) ?? "staff"]
    case 2: subjects.roles = [[Role.member, .admin].randomElement(using: &random) ?? .member]
    default: break
    }
    var resources = RuleResources()
    switch Int.random(in: 0..<5, using: &random) {
    case 0: resources.integrations = integrations.randomElement(using: &random).map { [$0] }
    case 1: resources.mcpServers = servers.randomElement(using: &random).map { [$0] }
    case 2: resources.tools = Self.tools.randomElement(using: &random).flatMap(GlobPattern.init).map { [$0] }
    case 3: resources.annotations = RuleResources.Annotation.allCases.randomElement(using: &random).map { [$0] }
    default: resources.scopes = ["repo"]
    }
    if resources.tools != nil, Bool.random(using: &random) {
      resources.mcpServers = servers.randomElement(using: &random).map { [$0] }
    }
    let effects: [Decision.Effect] = [.deny, .deny, .allow]
    return RuleDraft(
      name: "Random", effect: effects.randomElement(using: &random) ?? .deny, subjects: subjects, resources: resources)
  }

  /// What every member may do now, as the gateway would learn it.
  func seen() async throws -> [String: Bool] {
    var seen: [String: Bool] = [:]
    for (user, session) in people {
      for server in servers {
        let access = try await tenant.access(server, as: session).servers[0]
        let isOpen = access.decision.effect == .allow
        seen["\(user) \(server) -"] = isOpen
        for tool in Self.tools { seen["\(user) \(server) \(tool)"] = isOpen && access.tools.allows(tool) }
      }
      for integration in integrations {
        let code = await refusal { try await tenant.authorize(Tenant.wish(integration), as: session) }
        seen["\(user) \(integration) -"] = code == nil
      }
    }
    return seen
  }

  static func key(_ change: RulePreview.AccessChange) -> String {
    let resource = change.mcpServerId?.rawValue ?? change.integrationId?.rawValue ?? ""
    return "\(change.userId) \(resource) \(change.tool ?? "-")"
  }
}
