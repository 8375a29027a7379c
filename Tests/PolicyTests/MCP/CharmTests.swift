import Model
import ServiceKit
import TestSupport
import Testing

@testable import PolicyKit

/// Which MCP servers a Charm has, and what a session that names it reaches.
@Suite("Charms")
struct CharmTests {
  private func update(_ id: String, _ update: UpdateCharm, _ tenant: Tenant) async throws -> Charm {
    try await tenant.policy.gateway.call(
      CharmEndpoints.update, OnBehalf(tenant.apiKey, TargetedCharm(id: id, update: update)))
  }

  private func show(_ id: String, _ tenant: Tenant) async throws -> Charm {
    try await tenant.policy.gateway.call(CharmEndpoints.show, OnBehalf(tenant.apiKey, TargetedCharm(id: id)))
  }

  @Test func itIsStoredChangedListedAndDeleted() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      let (mail, chat) = (try await tenant.createServer("Mail"), try await tenant.createServer("Chat"))
      let servers = [
        Charm.Server(mcpServerId: chat.id, allowedTools: ["post", "post"]), .init(mcpServerId: mail.id),
      ]
      let made = try await tenant.createCharm("platform/charm 1", servers)
      #expect(
        made.mcpServers == [.init(mcpServerId: chat.id, allowedTools: ["post"]), .init(mcpServerId: mail.id)])
      #expect(try await show("platform/charm 1", tenant).mcpServers == made.mcpServers, "in the owner's order")
      #expect(await refusal { try await tenant.createCharm("platform/charm 1", []) } == .conflict)
      #expect(try await tenant.createCharm(nil, []).id.hasPrefix("chm_"))

      let renamed = try await update(made.id, UpdateCharm(name: "Clerk"), tenant)
      #expect(renamed.name == "Clerk" && renamed.mcpServers == made.mcpServers)
      let emptied = try await update(
        made.id, UpdateCharm(mcpServers: [.init(mcpServerId: mail.id, allowedTools: [])]), tenant)
      #expect(emptied.mcpServers == [.init(mcpServerId: mail.id, allowedTools: [])])
      let list = try await policy.gateway.call(CharmEndpoints.list, OnBehalf(tenant.apiKey, PageRequest(limit: 1)))
      #expect(list.items.count == 1 && list.nextCursor != nil)

      try await tenant.delete(mail.id)
      #expect(try await show(made.id, tenant).mcpServers.isEmpty, "a deleted server is in no Charm")
      _ = try await policy.gateway.call(CharmEndpoints.delete, OnBehalf(tenant.apiKey, TargetedCharm(id: made.id)))
      #expect(await refusal { try await show(made.id, tenant) } == .notFound)
      #expect(await refusal { try await update(made.id, UpdateCharm(name: "x"), tenant) } == .notFound)
      let other = try await policy.makeTenant("Other")
      try await other.createCharm("platform/charm 1", [])
    }
  }

  @Test func badInputIsNamed() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      let server = try await tenant.createServer()
      let one = Charm.Server(mcpServerId: server.id)
      let bad: [(String, String?, String, [Charm.Server])] = [
        ("id", "", "n", []), ("id", "a\u{0}", "n", []), ("id", String(repeating: "i", count: 257), "n", []),
        ("id", ".", "n", []), ("id", "..", "n", []), ("name", "c", " ", []),
        ("mcpServers[1].mcpServerId", "c", "n", [one, one]),
        ("mcpServers[1].mcpServerId", "c", "n", [one, .init(mcpServerId: .random())]),
        ("mcpServers[0].allowedTools", "c", "n", [.init(mcpServerId: server.id, allowedTools: ["a b"])]),
        ("mcpServers", "c", "n", (0...100).map { _ in .init(mcpServerId: .random()) }),
      ]
      for (field, id, name, servers) in bad {
        let answer = await problem { try await tenant.createCharm(id, servers, name: name) }
        #expect(answer?.code == .invalidRequest && answer?.detail.hasPrefix(field) == true, "\(field)")
      }
      #expect(try policy.database.superuser("SELECT count(*) FROM charm") == "0\n")
    }
  }

  @Test func aSessionReachesTheCharmsServersAndNoOthers() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      let mail = try await tenant.createServer("Mail", allowedTools: ["search", "send"])
      let chat = try await tenant.createServer("Chat")
      try await tenant.createCharm("reader", [.init(mcpServerId: mail.id, allowedTools: ["search", "erase"])])
      let session = try await tenant.session(charmId: "reader")
      let access = try await tenant.access(as: session).servers
      #expect(access.map(\.id) == [mail.id])
      #expect(access[0].tools.allows("search"))
      #expect(access[0].tools.judge("send").decidingRule == "charm-ceiling")
      #expect(access[0].tools.judge("erase").decidingRule == "server-ceiling", "a Charm never widens")
      #expect(try await tenant.descriptors(as: session).map(\.allowedTools) == [["search"]])

      let refused = try await tenant.access(chat.id, as: session).servers[0]
      #expect(refused.decision.effect == .deny && refused.decision.decidingRule == "charm-server")
      #expect(refused.grant == nil && !refused.tools.allows("post"))
      let stranger = try await tenant.session(charmId: "nobody")
      #expect(try await tenant.access(as: stranger).servers.isEmpty)
      #expect(try await tenant.access(mail.id, as: stranger).servers[0].decision.decidingRule == "charm-server")
      #expect(try await tenant.descriptors(as: stranger).isEmpty)
      #expect(
        await refusal {
          try await policy.gateway.call(
            MCPServerEndpoints.descriptor, OnBehalf(session, Reference(id: chat.id)))
        } == .notFound)
      let unbound = try await tenant.session()
      #expect(try await tenant.access(as: unbound).servers.map(\.slug) == ["chat", "mail"])
    }
  }
}
