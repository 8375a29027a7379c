import Foundation
import Model
import ServiceKit
import TestSupport
import Testing

@testable import PolicyKit

/// An organization of which random parts are changed: members, Integrations, servers, Charms and Applications.
final class ImpactWorld: Sendable {
  private static let tools = ["read", "write", "drop"]
  private static let scopes = ["repo", "gist", "user"]
  private static let application = "app-1"

  let tenant: Tenant
  private let people: [UserID: CredentialHash]
  private let charmed: [UserID: [String: CredentialHash]]
  private let integrations: [IntegrationID]
  private let servers: [MCPServerID]

  init(_ tenant: Tenant) async throws {
    self.tenant = tenant
    integrations = [try await tenant.createIntegration().id, try await tenant.createIntegration().id]
    var servers: [MCPServerID] = []
    for (name, auth) in [
      ("Mail", MCPServerAuthInput(type: .oauth, integrationId: integrations[0], scopes: ["gist"])),
      ("Files", MCPServerAuthInput(type: .oauth, integrationId: integrations[1])),
      ("Open", MCPServerAuthInput(type: .none)),
    ] {
      let server = try await tenant.createServer(name, auth: auth).id
      try await tenant.store(Self.tools.map { Tenant.definition($0) }, of: server)
      servers.append(server)
    }
    self.servers = servers
    try await tenant.createCharm("finance", servers.map { Charm.Server(mcpServerId: $0) })
    try await tenant.createCharm("writer", [Charm.Server(mcpServerId: servers[2], allowedTools: ["write"])])
    var people: [UserID: CredentialHash] = [:]
    var charmed: [UserID: [String: CredentialHash]] = [:]
    for (name, role, groups) in [
      ("ada", Role.admin, ["staff"]), ("bob", .member, ["sales"]), ("eve", .member, []),
    ] {
      let user = CreateSession.User(id: name, groups: groups)
      let created = try await tenant.createSession(CreateSession(user: user, role: role))
      people[created.userId] = Tenant.hash(created.token.secret)
      for charm in ["finance", "writer"] {
        let session = try await tenant.createSession(CreateSession(user: user, charmId: charm))
        charmed[created.userId, default: [:]][charm] = Tenant.hash(session.token.secret)
      }
    }
    self.people = people
    self.charmed = charmed
    // Rules that tell members, Charms and Applications apart.
    try await tenant.createRule(
      RuleDraft(
        name: "Sales drop nothing", effect: .deny, subjects: RuleSubjects(groups: ["sales"]),
        resources: RuleResources(tools: ["drop"].compactMap(GlobPattern.init))))
    try await tenant.createRule(
      RuleDraft(
        name: "No mail in the app", effect: .deny,
        subjects: RuleSubjects(applications: [Self.application]), resources: RuleResources(mcpServers: [servers[0]])))
    _ = try await tenant.authorize(Tenant.wish(integrations[0]), as: #require(people.values.first))
  }

  /// A change of something, as it is asked about.
  func change(using random: inout some RandomNumberGenerator) throws -> ProposedChange {
    let integration = try #require(integrations.randomElement(using: &random))
    let server = try #require(servers.randomElement(using: &random))
    let some = Self.tools.filter { _ in Bool.random(using: &random) }
    switch Int.random(in: 0..<10, using: &random) {
    case 0:
      let status: Integration.Status = Bool.random(using: &random) ? .enabled : .disabled
      return .updateIntegration(Targeted(integration, UpdateIntegration(status: status)))
    case 1, 2:
      let ceiling = ["repo"] + Self.scopes.dropFirst().filter { _ in Bool.random(using: &random) }
      return .updateIntegration(Targeted(integration, UpdateIntegration(maximumScopes: .set(ceiling))))
    case 3:
      let status: MCPServer.Status = Bool.random(using: &random) ? .enabled : .disabled
      return .updateMCPServer(Targeted(server, UpdateMCPServer(status: status)))
    case 4, 5:
      return .updateMCPServer(Targeted(server, UpdateMCPServer(allowedTools: .set(some))))
    case 6:
      return .updateMCPServer(Targeted(server, UpdateMCPServer(allowedTools: .removed)))
    case 7:
      let parts = servers.filter { _ in Bool.random(using: &random) }.map {
        Charm.Server(mcpServerId: $0, allowedTools: Bool.random(using: &random) ? some : nil)
      }
      return .updateCharm(TargetedCharm(id: "finance", update: UpdateCharm(mcpServers: parts)))
    case 8:
      let state: Application.State = Bool.random(using: &random) ? .allowed : .blocked
      return .updateApplication(
        TargetedApplication(id: Self.application, update: UpdateApplication(state: state)))
    default:
      let release: Application.TokenRelease = Bool.random(using: &random) ? .release : .gatewayOnly
      return .updateApplication(
        TargetedApplication(id: Self.application, update: UpdateApplication(tokenRelease: release)))
    }
  }

  /// What ends for good: one of each, in an order in which each is still there.
  var ends: [ProposedChange] {
    [
      .deleteCharm(TargetedCharm(id: "writer")), .deleteMCPServer(Reference(id: servers[0])),
      .deleteIntegration(Reference(id: integrations[1])), .deleteMCPServer(Reference(id: servers[2])),
      .deleteCharm(TargetedCharm(id: "finance")), .deleteIntegration(Reference(id: integrations[0])),
    ]
  }

  /// Makes the change.
  func make(_ change: ProposedChange) async throws {
    let (gateway, key) = (tenant.policy.gateway, tenant.apiKey)
    switch change {
    case .updateIntegration(let target): _ = try await gateway.call(IntegrationEndpoints.update, OnBehalf(key, target))
    case .deleteIntegration(let reference):
      let target = Targeted(reference.id, DeleteIntegration(revoke: true))
      _ = try await gateway.call(IntegrationEndpoints.delete, OnBehalf(key, target))
    case .updateMCPServer(let target): _ = try await gateway.call(MCPServerEndpoints.update, OnBehalf(key, target))
    case .deleteMCPServer(let reference):
      _ = try await gateway.call(MCPServerEndpoints.delete, OnBehalf(key, reference))
    case .updateCharm(let target): _ = try await gateway.call(CharmEndpoints.update, OnBehalf(key, target))
    case .deleteCharm(let target): _ = try await gateway.call(CharmEndpoints.delete, OnBehalf(key, target))
    case .updateApplication(let target):
      _ = try await gateway.call(ApplicationEndpoints.update, OnBehalf(key, target))
    }
  }

  func impact(of change: ProposedChange) async throws -> Impact {
    try await tenant.policy.gateway.call(ImpactEndpoints.show, OnBehalf(tenant.apiKey, change))
  }

  /// What every member may do now, alone, in the Application and with each Charm, as the gateway would learn it.
  func seen() async throws -> Set<String> {
    try await withThrowingTaskGroup(of: Set<String>.self) { group in
      for (user, session) in people { group.addTask { try await self.seen(by: user, session) } }
      return try await group.reduce(into: []) { $0.formUnion($1) }
    }
  }

  private func seen(by user: UserID, _ session: CredentialHash) async throws -> Set<String> {
    var seen = try await open("\(user) -", as: session)
    if let inside = try? await open(
      "\(user) \(Self.application)", ApplicationDescription(id: Self.application), as: session)
    {
      seen.formUnion(inside)
    }
    for (charm, session) in charmed[user] ?? [:] { seen.formUnion(try await open("\(user) \(charm)", as: session)) }
    for integration in integrations {
      for (agent, name) in [("-", "app-9"), (Self.application, Self.application)]
      where await isOpen(integration, name, as: session) {
        seen.insert("\(user) \(agent) \(integration) -")
      }
    }
    return seen
  }

  /// Servers, each with `-` for itself, and their tools.
  private func open(
    _ name: String, _ application: ApplicationDescription? = nil, as session: CredentialHash
  ) async throws -> Set<String> {
    let access = try await tenant.access(application: application, as: session)
    return Set(
      access.servers.flatMap { server in
        (["-"] + Self.tools.filter { server.tools.allows($0) }).map { "\(name) \(server.id) \($0)" }
      })
  }

  private func isOpen(_ integration: IntegrationID, _ application: String, as session: CredentialHash) async -> Bool {
    (try? await tenant.authorize(Tenant.wish(integration, application: application), as: session)) != nil
  }

  /// What the impact says is different, each with whether it is open afterwards.
  static func told(_ impact: Impact) -> Set<String> {
    Set(
      impact.changes.filter { ($0.before == .refused) != ($0.after == .refused) }.map { change in
        let agent = change.charmId ?? change.applicationId ?? "-"
        let thing = change.integrationId?.rawValue ?? change.mcpServerId?.rawValue ?? ""
        return "\(change.userId) \(agent) \(thing) \(change.tool ?? "-"): \(change.after != .refused)"
      })
  }
}
