import Foundation
import Model
import ServiceKit
import TestSupport
import Testing

@testable import PolicyKit

/// MCP servers as owners set them up.
@Suite("MCP servers")
struct MCPServerTests {
  @Test func whatWasSetUpIsShownAndChangedPartByPart() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      let integration = try await tenant.createIntegration()
      let made = try await tenant.createServer(
        "Acme Mail!", auth: MCPServerAuthInput(type: .oauth, integrationId: integration.id, scopes: ["repo"]),
        allowedTools: ["search", "search", "send"], description: "Reads mail", pinning: true)
      #expect(made.slug == "acme-mail")
      #expect(made.allowedTools == ["search", "send"])
      #expect(made.auth == MCPServerAuth(type: .oauth, integrationId: integration.id, scopes: ["repo"]))
      #expect(made.pinning && made.status == .enabled)
      #expect(try await tenant.show(made.id).name == "Acme Mail!")

      try await tenant.update(made.id, UpdateMCPServer(name: "Post"))
      let renamed = try await tenant.show(made.id)
      #expect(renamed.name == "Post" && renamed.slug == "acme-mail", "agents know tools by the slug")
      #expect(renamed.allowedTools == ["search", "send"], "absent is not null")
      #expect(try await tenant.update(made.id, UpdateMCPServer(allowedTools: .removed)).allowedTools == nil)
      #expect(try await tenant.update(made.id, UpdateMCPServer(allowedTools: .set([]))).allowedTools == [])
      #expect(try await tenant.update(made.id, UpdateMCPServer(description: "")).description == nil)
      let last = try await tenant.update(
        made.id,
        UpdateMCPServer(auth: MCPServerAuthInput(type: .none), status: .disabled, pinning: false))
      #expect(last.auth == MCPServerAuth(type: .none) && last.status == .disabled && !last.pinning)
      #expect(last.updatedAt > made.updatedAt)

      try await tenant.delete(made.id)
      #expect(await refusal { try await tenant.show(made.id) } == .notFound)
      #expect(await refusal { try await tenant.delete(made.id) } == .notFound)
      #expect(try policy.vault.received(RevocationEndpoints.create).map(\.mcpServerId) == [made.id])
    }
  }

  @Test func slugsAreUniqueAndStayWithinTheirAlphabet() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      let names = ["Mail", "mail", "MAIL", "  Déjà--Vu  ", "日本語", "--", String(repeating: "ab ", count: 60)]
      var slugs: [String] = []
      for name in names { slugs.append(try await tenant.createServer(name).slug) }
      #expect(slugs.prefix(6) == ["mail", "mail-2", "mail-3", "d-j-vu", "server", "server-2"])
      #expect(slugs[6].utf8.count <= 32)
      let many = try await withThrowingTaskGroup(of: String.self) { group in
        for _ in 0..<8 { group.addTask { try await tenant.createServer("Same").slug } }
        return try await group.reduce(into: Set<String>()) { $0.insert($1) }
      }
      #expect(many.count == 8, "eight at once get slugs of their own")
      let other = try await policy.makeTenant("Other")
      #expect(try await other.createServer("Mail").slug == "mail", "slugs belong to the organization")
    }
  }

  @Test func pagesGoFromTheNewestOn() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      for number in 1...5 { _ = try await tenant.createServer("Server \(number)") }
      var names: [String] = []
      var cursor: String?
      repeat {
        let page = try await policy.gateway.call(
          MCPServerEndpoints.list, OnBehalf(tenant.apiKey, PageRequest(limit: 2, cursor: cursor)))
        names += page.items.map(\.name)
        cursor = page.nextCursor
      } while cursor != nil
      #expect(names == ["Server 5", "Server 4", "Server 3", "Server 2", "Server 1"])
    }
  }

  @Test func anotherOrganizationsServerDoesNotExist() async throws {
    try await PolicyFixture.with { policy in
      let (mine, theirs) = (try await policy.makeTenant("Mine"), try await policy.makeTenant("Theirs"))
      let server = try await theirs.createServer(auth: Tenant.staticToken)
      let integration = try await theirs.createIntegration()
      let session = try await mine.session()
      let attempts: [@Sendable () async throws -> Void] = [
        { _ = try await mine.show(server.id) },
        { try await mine.update(server.id, UpdateMCPServer(name: "x")) },
        { try await mine.delete(server.id) },
        { _ = try await mine.tools(of: server.id) },
        { try await mine.store([Tenant.definition("search")], of: server.id) },
        { try await mine.approve("search", of: server.id) },
        { try await mine.block("search", of: server.id) },
        { _ = try await mine.access(server.id, as: session) },
        {
          _ = try await policy.gateway.call(
            MCPServerEndpoints.descriptor, OnBehalf(session, Reference(id: server.id)))
        },
      ]
      for (number, attempt) in attempts.enumerated() {
        #expect(await refusal(attempt) == .notFound, "attempt \(number)")
      }
      #expect(try await mine.descriptors(as: session).isEmpty)
      #expect(try await mine.access(as: session).servers.isEmpty)
      #expect(
        await problem { try await mine.createCharm("c", [.init(mcpServerId: server.id)]) }?.fields
          == ["mcpServers[0].mcpServerId"])
      #expect(
        await problem {
          try await mine.createServer(auth: MCPServerAuthInput(type: .oauth, integrationId: integration.id))
        }?.fields == ["auth.integrationId"])
      #expect(try await theirs.show(server.id).name == "Mail")
    }
  }

  @Test func onlyOwnersAndAdminsConfigureAndMembersSeeDescriptors() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      let integration = try await tenant.createIntegration()
      let server = try await tenant.createServer(
        auth: MCPServerAuthInput(type: .oauth, integrationId: integration.id), allowedTools: ["search", "send"])
      let off = try await tenant.createServer("Off")
      try await tenant.update(off.id, UpdateMCPServer(status: .disabled))
      let member = try await tenant.session()
      let attempts: [@Sendable () async throws -> Void] = [
        { _ = try await tenant.createServer("Mine", as: member) },
        { _ = try await tenant.show(server.id, as: member) },
        { try await tenant.update(server.id, UpdateMCPServer(name: "x"), as: member) },
        { try await tenant.delete(server.id, as: member) },
        { _ = try await policy.gateway.call(MCPServerEndpoints.list, OnBehalf(member, PageRequest())) },
        {
          _ = try await policy.gateway.call(
            MCPServerEndpoints.tools, OnBehalf(member, Targeted(server.id, PageRequest())))
        },
        {
          _ = try await policy.gateway.call(
            MCPServerEndpoints.approveTool, OnBehalf(member, Targeted(server.id, ToolReference(name: "search"))))
        },
        { _ = try await policy.gateway.call(CharmEndpoints.list, OnBehalf(member, PageRequest())) },
      ]
      for (number, attempt) in attempts.enumerated() {
        #expect(await refusal(attempt) == .forbidden, "attempt \(number)")
      }
      let bound = try await tenant.session("olga", role: .owner, charmId: "c")
      #expect(await refusal { try await tenant.show(server.id, as: bound) } == .forbidden)
      let seen = try await tenant.descriptors(as: member)
      #expect(
        seen == [
          MCPServerDescriptor(
            id: server.id, name: "Mail", description: nil, allowedTools: ["search", "send"], needsConnection: true)
        ])
      let text = String(decoding: try WireJSON.encode(seen), as: UTF8.self)
      #expect(!text.contains("example.com") && !text.contains(integration.id.rawValue))
      #expect(try await tenant.show(server.id, as: try await tenant.session("adam", role: .admin)).id == server.id)
    }
  }
}
