import Foundation
import MCP
import Model
import ServiceKit
import TestSupport
import Testing

@testable import PolicyKit

/// The life of a tool: seen, approved, changed, gone, blocked.
@Suite("Tool catalogues")
struct ToolCatalogueTests {
  private func rule(_ tool: String, _ server: MCPServer, _ tenant: Tenant) async throws -> String {
    try await tenant.access(server.id, as: tenant.session()).servers[0].tools.judge(tool).decidingRule
  }

  @Test func aPinnedServersToolsAreHeldUntilTheyAreApproved() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      let server = try await tenant.createServer(pinning: true)
      let member = try await tenant.session()
      #expect(try await rule("search", server, tenant) == "tool-quarantined", "nothing was ever looked at")

      let first = Tenant.definition("search", "Finds mail.")
      let stored = try await tenant.store([first, Tenant.definition("send")], of: server.id)
      #expect(stored.totals == ["new": 2] && stored.changed && stored.unusable.isEmpty)
      #expect(try await rule("search", server, tenant) == "tool-quarantined")
      #expect(try await tenant.access(server.id, as: member).servers[0].catalogue.isEmpty)

      let approved = try await tenant.approve("search", of: server.id)
      #expect(approved.state == .approved && approved.diff.isEmpty)
      #expect(approved.definitionHash == (try ToolDefinition(JSONText(validating: first.utf8)).definitionHash))
      #expect(approved.definition["description"] == "Finds mail.")
      let access = try await tenant.access(server.id, as: member).servers[0]
      #expect(access.catalogue.map(\.name) == ["search"] && access.catalogue[0].definition == first)
      #expect(access.tools.allows("search") && !access.tools.allows("send"))
      #expect(try await tenant.access(as: member).servers[0].catalogue.map(\.definition) == [nil])

      // The server says something else now.
      let second = Tenant.definition("search", "Finds mail and sends it to us.")
      #expect(try await tenant.store([second, Tenant.definition("send")], of: server.id).changed)
      let changed = try #require(try await tenant.tools(of: server.id).items.first { $0.name == "search" })
      #expect(changed.state == .changed)
      #expect(
        changed.diff == [
          .init(path: "/description", before: #""Finds mail.""#, after: #""Finds mail and sends it to us.""#)
        ])
      #expect(try await rule("search", server, tenant) == "tool-quarantined")
      #expect(
        await refusal { try await tenant.approve("search", of: server.id, hash: approved.definitionHash) } == .conflict)
      #expect(try await tenant.approve("search", of: server.id, hash: changed.definitionHash).state == .approved)
      #expect(try await rule("search", server, tenant) == "organization-default")

      // Gone, what was never approved without a trace; back as it was, approved as it was.
      #expect(try await tenant.store([], of: server.id).totals == ["removed": 1])
      #expect(try await tenant.states(of: server.id) == ["search": .removed])
      #expect(try await rule("search", server, tenant) == "tool-quarantined")
      #expect(await refusal { try await tenant.approve("search", of: server.id) } == .conflict)
      #expect(try await tenant.store([second], of: server.id).totals == ["approved": 1])

      // Blocked, whatever the server says.
      #expect(try await tenant.block("search", of: server.id).state == .blocked)
      try await tenant.store([first], of: server.id)
      #expect(try await tenant.states(of: server.id) == ["search": .blocked])
      #expect(try await rule("search", server, tenant) == "tool-blocked")
      #expect(try await tenant.approve("search", of: server.id).state == .approved)
      #expect(try await rule("search", server, tenant) == "organization-default")
    }
  }

  @Test func whatAServerHasAtTheFirstLookCountsAsApprovedUnlessItIsPinned() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      let open = try await tenant.createServer("Open")
      let listed = try await tenant.createServer("Listed", allowedTools: ["search", "send"])
      for server in [open, listed] {
        let access = try await tenant.access(server.id, as: tenant.session()).servers[0]
        #expect(!access.hasCatalogue && access.tools.allows("search"))
        #expect(try await tenant.store([Tenant.definition("search")], of: server.id).totals == ["approved": 1])
        let later = [Tenant.definition("search"), Tenant.definition("send")]
        #expect(try await tenant.store(later, of: server.id).totals == ["approved": 1, "new": 1])
      }
      #expect(try await rule("send", open, tenant) == "organization-default", "nothing holds it")
      #expect(
        try await rule("send", listed, tenant) == "tool-quarantined", "a server with a list is held to the first look")
      #expect(try await rule("erase", listed, tenant) == "server-ceiling")
      let names = try await tenant.access(open.id, as: tenant.session()).servers[0].catalogue.map(\.name)
      #expect(names == ["search", "send"], "what may be used may be listed")
      try await tenant.update(open.id, UpdateMCPServer(pinning: true))
      #expect(try await rule("send", open, tenant) == "tool-quarantined")
      #expect(try await rule("search", open, tenant) == "organization-default")
    }
  }

  @Test func aMembersListNeverSaysThatToolsAreGone() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      let server = try await tenant.createServer(pinning: true)
      let member = try await tenant.session()
      try await tenant.store([Tenant.definition("a"), Tenant.definition("b")], of: server.id, as: member)
      try await tenant.approve("a", of: server.id)
      #expect(
        try await tenant.store([Tenant.definition("c")], of: server.id, as: member).totals == ["approved": 1, "new": 2])
      let bound = try await tenant.session("olga", role: .owner, charmId: "c")
      #expect(try await tenant.store([], of: server.id, as: bound).changed == false)
      #expect(try await tenant.store([], of: server.id).totals == ["removed": 1])
    }
  }

  @Test func whatIsNoToolIsToldAndTheOthersAreKept() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      let server = try await tenant.createServer()
      let stored = try await tenant.store(
        [
          Tenant.definition("ok"), Tenant.definition("ok", "again"), "{", "[]", "{}", #"{"name":"bare"}"#,
          #"{"name":" ","inputSchema":{"type":"object"}}"#,
          #"{"name":"huge","inputSchema":{"type":"object","maximum":1e999}}"#,
          #"{"name":"emoji 😀","inputSchema":{"type":"object","n":18446744073709551615,"x":"\u0000"}}"#,
        ], of: server.id)
      #expect(stored.unusable.count == 7)
      #expect(Set(try await tenant.states(of: server.id).keys) == ["ok", "emoji 😀"])
      let page = try await tenant.tools(of: server.id, page: PageRequest(limit: 1))
      #expect(page.items.map(\.name) == ["emoji 😀"])
      let rest = try await tenant.tools(of: server.id, page: PageRequest(limit: 1, cursor: page.nextCursor))
      #expect(rest.items.map(\.name) == ["ok"] && rest.nextCursor == nil)
      #expect(try await tenant.block("emoji 😀", of: server.id).state == .blocked)
      let many = (0...1_000).map { Tenant.definition("t\($0)", "") }
      #expect(await problem { try await tenant.store(many, of: server.id) }?.fields == ["definitions"])
      let large = (0..<4).map { Tenant.definition("t\($0)", String(repeating: "x", count: 200_000)) }
      #expect(await problem { try await tenant.store(large, of: server.id) }?.fields == ["definitions"])
      #expect(await refusal { try await tenant.approve("unknown", of: server.id) } == .notFound)
      try await tenant.update(server.id, UpdateMCPServer(status: .disabled))
      #expect(await refusal { try await tenant.store([], of: server.id) } == .notFound)
    }
  }

  @Test func theFeedSpeaksOfDifferencesOnly() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      let server = try await tenant.createServer()
      func last() async throws -> Int64 {
        try await policy.gateway.call(ChangeEndpoints.poll, ChangeQuery(after: nil, waitSeconds: 0)).last
      }
      try await tenant.store([Tenant.definition("a")], of: server.id)
      let before = try await last()
      // The same in other words: white space, the order of members, what an agent is not guided by.
      let same = #"{ "inputSchema": {"type":"object"}, "description":"Does it.", "name":"a", "icons": [] }"#
      #expect(try await tenant.store([same], of: server.id).changed == false)
      try await tenant.approve("a", of: server.id)
      #expect(try await last() == before)
      #expect(try await tenant.access(server.id, as: tenant.session()).servers[0].catalogue[0].definition == same)
      try await tenant.store([Tenant.definition("a", "Else.")], of: server.id)
      try await tenant.block("a", of: server.id)
      let page = try await policy.gateway.call(ChangeEndpoints.poll, ChangeQuery(after: before, waitSeconds: 0))
      let own = page.changes.filter { $0.subject == server.id.rawValue }
      #expect(own.count == 2 && own.allSatisfy { $0.kind == .organization && $0.organizationId == tenant.id })
    }
  }
}
