import Model
import Rules

/// A change that is only asked about: the organization as it is and as it would be.
struct Proposal: Sendable {
  /// Which Connections it is about.
  enum Connections: Sendable {
    /// Those of members whose access changes.
    case ofChanges
    /// All of these kinds.
    case kinds([CountConnections.Kind])
  }

  var before: AccessWorld
  var after: AccessWorld
  var agents: [AccessWorld.Agent]
  var connections: Connections
  /// Whether Charms were left out, because there are too many.
  var isCut = false
}

/// Works out what a change would make of an organization. Fails as the change would, but for an Integration that is in use.
struct ProposalReader: Sendable {
  /// Charms that are looked at one by one.
  private static let maximumCharms = 200

  let worlds: AccessWorldReader
  let rules: RuleSets
  let integrations: IntegrationService
  let servers: MCPServerService
  let charms: CharmService
  let applications: ApplicationService

  func read(_ change: ProposedChange, by principal: Principal) async throws -> Proposal {
    switch change {
    case .updateIntegration(let target):
      let (before, after) = try await integrations.proposal(target.id, target.request, by: principal)
      return try await proposal(before, after)
    case .deleteIntegration(let reference):
      return try await proposal(try await integrations.doomed(reference.id, by: principal), nil)
    case .updateMCPServer(let target):
      let (before, after) = try await servers.proposal(target.id, target.request, by: principal)
      return try await proposal(before, after)
    case .deleteMCPServer(let reference):
      return try await proposal(try await servers.doomed(reference.id, by: principal), nil)
    case .updateCharm(let target):
      let (before, after) = try await charms.proposal(target, by: principal)
      return try await proposal(before, after, in: principal.organizationId)
    case .deleteCharm(let target):
      let charm = try await charms.doomed(target.id, by: principal)
      return try await proposal(charm, nil, in: principal.organizationId)
    case .updateApplication(let target):
      let (before, after) = try await applications.proposal(target, by: principal)
      return try await proposal(before, after, in: principal.organizationId)
    }
  }

  private func proposal(_ old: IntegrationRecord, _ new: IntegrationRecord?) async throws -> Proposal {
    var before = try await worlds.world(under: try await rules.current(of: old.organizationId))
    before.set(old)
    let touched = before.servers(through: old.id)
    let focus = AccessWorld.Focus(integrations: [old.id], servers: touched)
    let identityScopes = AccessQuestion.Candidate(old, worlds.access.providers).identityScopes
    return try await proposal(before, focus, old.kinds(changedTo: new, identityScopes: identityScopes)) { after in
      after.integrations[old.id] = nil
      if let new { after.set(new) }
    }
  }

  private func proposal(_ old: MCPServerRecord, _ new: MCPServerRecord?) async throws -> Proposal {
    var before = try await worlds.world(
      under: try await rules.current(of: old.organizationId), with: old.id)
    before.set(old)
    if let id = new?.auth.integrationId, before.integrations[id] == nil {
      before.integrations[id] = try await integrations.store.enabled(.id(id), in: old.organizationId).first
    }
    let doomed = before.integrations(madeFor: old.id).filter { $0 != new?.auth.integrationId }
    let focus = AccessWorld.Focus(integrations: Set(doomed), servers: [old.id])
    let keepsAccounts = new?.status == old.status && new?.auth.integrationId == old.auth.integrationId
    let own = CountConnections.Kind(applicationType: .mcpServer, applicationId: old.id.rawValue)
    let connections: Proposal.Connections =
      keepsAccounts ? .ofChanges : .kinds([own] + doomed.map { CountConnections.Kind(integrationId: $0) })
    return try await proposal(before, focus, connections) { after in
      after.servers[old.id] = nil
      if let new { after.set(new) }
      for id in doomed { after.integrations[id] = nil }
    }
  }

  /// A change that reaches members themselves, Charms that have a server, and Applications that rules name.
  private func proposal(
    _ before: AccessWorld, _ focus: AccessWorld.Focus, _ connections: Proposal.Connections,
    _ change: (inout AccessWorld) -> Void
  ) async throws -> Proposal {
    var before = before
    let found = try await charms.store.having(
      anyOf: focus.servers, in: before.rules.set.organization, limit: Self.maximumCharms)
    let looked = found.prefix(Self.maximumCharms)
    for charm in looked { before.charms[charm.id] = charm }
    before.focus = focus
    var after = before
    change(&after)
    return Proposal(
      before: before, after: after,
      agents: AccessWorld.agents(Set(looked.map(\.id)), before.rules.namedApplications), connections: connections,
      isCut: found.count > looked.count)
  }

  private func proposal(_ old: Charm, _ new: Charm?, in organization: OrganizationID) async throws -> Proposal {
    var before = try await worlds.world(under: try await rules.current(of: organization))
    let touched = old.mcpServers + (new?.mcpServers ?? [])
    before.focus = AccessWorld.Focus(integrations: [], servers: Set(touched.map(\.mcpServerId)))
    before.charms[old.id] = old
    var after = before
    after.charms[old.id] = new
    return Proposal(before: before, after: after, agents: [.charm(old.id)], connections: .ofChanges)
  }

  private func proposal(
    _ old: Application, _ new: Application, in organization: OrganizationID
  ) async throws -> Proposal {
    var before = try await worlds.world(under: try await rules.current(of: organization))
    before.applications[old.id] = old
    var after = before
    after.applications[old.id] = new
    let isSame = old.state == new.state && old.tokenRelease == new.tokenRelease
    let all = CountConnections.Kind(applicationType: .application, applicationId: old.id)
    return Proposal(
      before: before, after: after, agents: [.application(old.id)], connections: .kinds(isSame ? [] : [all]))
  }
}
