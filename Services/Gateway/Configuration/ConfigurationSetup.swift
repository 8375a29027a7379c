import Model
import ServiceKit

/// Owners' work on the whole configuration: what the outside must be asked comes before and after the policy service stores it.
struct ConfigurationSetup: Sendable {
  let peers: PeerClients
  let integrations: IntegrationSetup
  let servers: MCPServerSetup

  /// Finds out about new custom providers, tries secrets that replace others, applies, and looks at new MCP servers.
  func apply(_ wish: ApplyConfiguration, for identity: CallerIdentity) async throws -> ConfigurationReport {
    try identity.requireConfiguration()
    var wish = wish
    try await completeProviders(of: &wish, for: identity)
    if !wish.dryRun { try await tryReplacements(in: wish, for: identity) }
    var report = try await peers.call(ConfigurationEndpoints.apply, identity.asking(wish))
    guard !report.dryRun else { return report }
    let notes = await lookAtServers(of: report, wish.request.configuration, for: identity)
    report.notes = notes.isEmpty ? nil : notes
    return report
  }

  /// Fills in what discovery finds about custom providers that the organization has not yet.
  private func completeProviders(of wish: inout ApplyConfiguration, for identity: CallerIdentity) async throws {
    let entries = wish.request.configuration.integrations ?? []
    guard entries.contains(where: { $0.custom?.isIncomplete == true }) else { return }
    let known = try await ownIntegrations(for: identity)
    for (index, entry) in entries.enumerated() where !known.contains(entry.name) {
      guard let custom = entry.custom, custom.isIncomplete, entry.provider == "custom" else { continue }
      do {
        let found = try await peers.call(IntegrationEndpoints.discover, custom)
        wish.request.configuration.integrations?[index].custom = found
      } catch let error as any ServiceErrorConvertible {
        var told = error.serviceError
        told.detail = "/configuration/integrations/\(index)/custom: \(told.detail)"
        throw told
      }
    }
  }

  /// Names of the organization's own Integrations: page by page, since a large organization has no document as a whole.
  private func ownIntegrations(for identity: CallerIdentity) async throws -> Set<String> {
    var names: Set<String> = []
    var query = PageRequest(limit: PageRequest.maximumLimit)
    repeat {
      let page = try await peers.call(IntegrationEndpoints.list, identity.asking(query))
      names.formUnion(page.items.filter { $0.mcpServerId == nil }.map(\.name))
      query.cursor = page.nextCursor
    } while query.cursor != nil
    return names
  }

  /// As with a rotation of one secret: what the provider refuses is not stored.
  private func tryReplacements(in wish: ApplyConfiguration, for identity: CallerIdentity) async throws {
    guard let replaced = wish.request.replaceSecrets, !replaced.isEmpty else { return }
    var question = wish
    question.dryRun = true
    let plan = try await peers.call(ConfigurationEndpoints.apply, identity.asking(question))
    for change in plan.changed where change.kind == .integration && change.fields?.contains("clientSecret") == true {
      let entry = wish.request.configuration.integrations?.first { $0.name == change.name }
      guard let name = entry?.clientSecret?.secretRef, let secret = wish.request.secrets?[name],
        let id = change.id.flatMap({ IntegrationID(validating: $0) })
      else { continue }
      try await integrations.requireAccepted(secret, of: id, for: identity)
    }
  }

  /// Servers whose Integration is to be found by their URL and was not found yet, also those that an earlier look did not find. The
  /// configuration stands whatever comes of it. What was found once stays: to agree to another issuer is a decision of its own
  /// (`POST /v1/mcp-servers/{id}/discover`).
  private func lookAtServers(
    of report: ConfigurationReport, _ document: ConfigurationDocument, for identity: CallerIdentity
  ) async -> [String] {
    let searched = Set(
      (document.mcpServers ?? []).filter { $0.auth.type == .oauth && $0.auth.integration == nil }.map(\.name))
    var notes: [String] = []
    for entry in report.created + report.changed + report.unchanged
    where entry.kind == .mcpServer && searched.contains(entry.name) {
      guard let id = entry.id.flatMap({ MCPServerID(validating: $0) }) else { continue }
      do {
        let server = try await peers.call(MCPServerEndpoints.show, identity.asking(Reference(id: id)))
        guard server.auth.integrationId == nil, server.discovered == nil, server.configError == nil else { continue }
        _ = try await servers.rediscover(id, RediscoverMCPServer(), for: identity)
      } catch {
        let reason = (error as? any ServiceErrorConvertible)?.serviceError.detail ?? "Something went wrong on our side."
        notes.append(
          "The MCP server \"\(entry.name)\" is not ready: \(reason) Try again: POST /v1/mcp-servers/\(id)/discover.")
      }
    }
    return notes
  }
}

extension CustomProvider {
  /// Whether discovery has to say where the provider is asked.
  fileprivate var isIncomplete: Bool { authorizationEndpoint == nil || tokenEndpoint == nil }
}
