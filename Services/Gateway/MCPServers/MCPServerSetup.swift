import Model
import ServiceKit

/// Owners' work on MCP servers by their URL alone: the exchanger looks, the policy service decides, the exchanger registers, the policy
/// service stores.
struct MCPServerSetup: Sendable {
  let peers: PeerClients

  /// What would be set up. Nothing is registered and nothing stored.
  func report(_ request: DiscoverMCPServer, for identity: CallerIdentity) async throws -> MCPServerDiscovery {
    try identity.requireConfiguration()
    let found = try await peers.call(MCPDiscoveryEndpoints.discover, request)
    return try await plan(PlanMCPServer(discovery: found), for: identity).discovery
  }

  /// Stores a server. One with `oauth` and no Integration is looked at first.
  ///
  /// - Throws: `discovery_failed` or `registration_unavailable` with everything that was found.
  func create(_ request: CreateMCPServer, for identity: CallerIdentity) async throws -> MCPServer {
    guard request.auth.type == .oauth, request.auth.integrationId == nil else {
      return try await peers.call(MCPServerEndpoints.create, identity.asking(request))
    }
    try identity.requireConfiguration()
    let found = try await peers.call(MCPDiscoveryEndpoints.discover, DiscoverMCPServer(url: request.url))
    let settled = try await settle(PlanMCPServer(discovery: found, server: request), for: identity)
    let server = CreateDiscoveredMCPServer(server: request, found: settled)
    return try await peers.call(MCPDiscoveryEndpoints.create, identity.asking(server))
  }

  /// Looks at a stored server again and takes what is found: an owner's word that the server may have changed.
  ///
  /// - Throws: as ``create(_:for:)``, and `conflict` where another issuer is found than the owner agreed to.
  func rediscover(
    _ id: MCPServerID, _ request: RediscoverMCPServer, for identity: CallerIdentity
  ) async throws -> MCPServer {
    try identity.requireConfiguration()
    let known = try await peers.call(MCPServerEndpoints.show, identity.asking(Reference(id: id)))
    let found = try await peers.call(MCPDiscoveryEndpoints.discover, DiscoverMCPServer(url: known.url))
    if let agreed = request.issuer, let issuer = found.issuer, issuer != agreed {
      throw ServiceError(
        .conflict, "The server names \(issuer) as its authorization server now, not the one that was agreed to.")
    }
    let settled = try await settle(PlanMCPServer(discovery: found, mcpServerId: id), for: identity)
    return try await peers.call(MCPDiscoveryEndpoints.adopt, identity.asking(Targeted(id, settled)))
  }

  /// Decides, and registers where that is the way.
  private func settle(_ request: PlanMCPServer, for identity: CallerIdentity) async throws -> AdoptDiscovery {
    let plan = try await plan(request, for: identity)
    if let refusal = plan.discovery.refusal { throw refusal }
    guard let register = plan.register else { return AdoptDiscovery(discovery: plan.discovery) }
    let client = try await peers.call(MCPDiscoveryEndpoints.register, register)
    return AdoptDiscovery(discovery: plan.discovery, client: client)
  }

  private func plan(_ request: PlanMCPServer, for identity: CallerIdentity) async throws -> MCPServerPlan {
    try await peers.call(MCPDiscoveryEndpoints.plan, identity.asking(request))
  }
}
