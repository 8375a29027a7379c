import FoundationEssentials
import Model

/// Judges what was found about an MCP server, before anything is registered or stored.
struct DiscoveryPlanner: Sendable {
  let servers: MCPServerService
  let integrations: IntegrationStore
  let providers: ProviderDirectory
  let client: OwnClient

  func plan(_ request: PlanMCPServer, by principal: Principal) async throws -> MCPServerPlan {
    try await servers.mutations.audit.requireConfiguration(principal, attempt: "mcp-server.discover")
    let organization = principal.organizationId
    if let server = request.server { _ = try servers.checked(server) }
    var known: MCPServerRecord?
    if let id = request.mcpServerId {
      guard let record = try await servers.store.find(id, in: organization) else { throw MCPServerService.notFound }
      guard record.auth.type == .oauth else {
        throw ServiceError(.conflict, "The MCP server's auth type is not \"oauth\". Change it first.")
      }
      known = record
    }
    var found = request.discovery
    let wish = request.server?.auth.registration
    let asked = request.server?.auth.scopes
    let choice = RegistrationChoice.make(
      found, scopes: asked ?? found.challengedScopes, candidates: try await candidates(known, found, in: organization),
      wish: wish, isDocumentReachable: client.isReachable(by: found.authorizationServer?.issuer ?? ""))
    let id = IntegrationID.random()
    switch choice {
    case .existing(let record):
      found.settle(
        record.registration, record.id, "The Integration \"\(record.name)\" is for this authorization server.")
    case .clientIdMetadata:
      found.settle(
        .clientIdMetadata, id, "It takes the address of Lanyard's client document in place of a registration.")
    case .dynamic:
      found.settle(.dynamic, id, "It registers clients by itself (RFC 7591).")
      guard let server = found.authorizationServer, let endpoint = found.registrationEndpoint else { break }
      let scopes = asked ?? found.scopes
      return MCPServerPlan(
        discovery: found, register: client.registration(id, at: server, endpoint: endpoint, scopes: scopes))
    case .impossible(let problem):
      found.problem = problem
      if problem.code == .registrationUnavailable {
        found.checks.append(IntegrationCheck(name: Self.checkName, ok: false, detail: problem.detail))
      }
    }
    return MCPServerPlan(discovery: found)
  }

  fileprivate static let checkName = "registration"

  /// The Integrations of the organization, newest first; then the one that was made for this server, where nothing has
  /// changed since.
  private func candidates(
    _ server: MCPServerRecord?, _ found: MCPServerDiscovery, in organization: OrganizationID
  ) async throws -> [RegistrationChoice.Candidate] {
    var records = try await integrations.enabled(.all, in: organization)
    if let id = server?.auth.integrationId, let own = try await integrations.find(id, in: organization),
      own.mcpServerId == server?.id, own.status == .enabled, isCurrent(own, found)
    {
      records.append(own)
    }
    return records.map {
      RegistrationChoice.Candidate(
        record: $0, issuer: providers.issuer(of: $0), ceiling: AccessQuestion.Candidate($0, providers))
    }
  }

  private func isCurrent(_ record: IntegrationRecord, _ found: MCPServerDiscovery) -> Bool {
    let (then, now) = (record.custom, found.authorizationServer)
    return then?.authorizationEndpoint == now?.authorizationEndpoint && then?.tokenEndpoint == now?.tokenEndpoint
      && then?.sendsIssuer == now?.sendsIssuer && record.secretExpiresAt.map { $0 > Date() } ?? true
  }
}

extension MCPServerDiscovery {
  fileprivate mutating func settle(_ way: Integration.Registration, _ id: IntegrationID, _ detail: String) {
    registration = way
    integrationId = id
    checks.append(IntegrationCheck(name: DiscoveryPlanner.checkName, ok: true, detail: detail))
  }
}
