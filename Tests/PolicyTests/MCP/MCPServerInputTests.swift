import Model
import ServiceKit
import TestSupport
import Testing

@testable import PolicyKit

/// What an MCP server's definition must not look like. Every answer names the field.
@Suite("MCP servers, bad input")
struct MCPServerInputTests {
  private struct Bad: Sendable {
    var field: String
    var request: CreateMCPServer

    init(_ field: String, _ change: (inout CreateMCPServer) -> Void) {
      self.field = field
      request = CreateMCPServer(
        name: "Mail", url: "https://mcp.example.com/mcp", auth: MCPServerAuthInput(type: .none))
      change(&request)
    }
  }

  private static func auth(
    _ token: String = "t", header: String? = nil, prefix: String? = nil
  ) -> MCPServerAuthInput {
    MCPServerAuthInput(type: .staticToken, token: WireSecret(token), header: header, prefix: prefix)
  }

  private static let badURLs = [
    "", "mcp.example.com", "http://mcp.example.com/mcp", "ftp://mcp.example.com", "https://", "https:///mcp",
    "https://user@mcp.example.com", "https://user:pass@mcp.example.com", "https://mcp.example.com/#part",
    "https://mcp.example.com\\@evil.example", "https://mcp.exa mple.com", "https://mcp.example.com:0",
    "https://mcp.example.com/../x", "file:///etc/passwd", "javascript:alert(1)", "https://[::1]/mcp",
    "https://mcp.example.com/\u{0}", "https://\(String(repeating: "a", count: 2_100)).com",
  ]

  private static let badHeaders = [
    "", "X Key", "X-Key:", "X-Key\r\n", "Host", "content-LENGTH", "Transfer-Encoding", "Mcp-Session-Id",
    "MCP-Protocol-Version", "Proxy-Authorization", "X-Schlüssel", String(repeating: "x", count: 65),
  ]

  private static let all: [Bad] =
    badURLs.map { url in Bad("url") { $0.url = url } }
    + badHeaders.map { header in Bad("auth.header") { $0.auth = auth(header: header) } }
    + ["", " t", "t ", "t\r\nX: y", "t\u{0}", "tökén", String(repeating: "t", count: 4_097)].map { token in
      Bad("auth.token") { $0.auth = auth(token) }
    }
    + ["Bearer\n", " Bearer", "Bearer  ", "Bär", String(repeating: "b", count: 65)].map { prefix in
      Bad("auth.prefix") { $0.auth = auth(prefix: prefix) }
    }
    + [
      Bad("name") { $0.name = "  " },
      Bad("name") { $0.name = "a\nb" },
      Bad("name") { $0.name = String(repeating: "n", count: 201) },
      Bad("description") { $0.description = String(repeating: "d", count: 2_001) },
      Bad("description") { $0.description = "" },
      Bad("allowedTools") { $0.allowedTools = [""] },
      Bad("allowedTools") { $0.allowedTools = ["send mail"] },
      Bad("allowedTools") { $0.allowedTools = ["ok", "täst"] },
      Bad("allowedTools") { $0.allowedTools = [String(repeating: "t", count: 129)] },
      Bad("allowedTools") { $0.allowedTools = (0...1_000).map { "t\($0)" } },
      Bad("auth.token") { $0.auth = MCPServerAuthInput(type: .staticToken) },
      Bad("auth.token") { $0.auth = MCPServerAuthInput(type: .none, token: WireSecret("t")) },
      Bad("auth.token") { $0.auth = MCPServerAuthInput(type: .oauth, token: WireSecret("t")) },
      Bad("auth.header") { $0.auth = MCPServerAuthInput(type: .oauth, header: "X-Key") },
      Bad("auth.prefix") { $0.auth = MCPServerAuthInput(type: .none, prefix: "") },
      Bad("auth.scopes") { $0.auth = MCPServerAuthInput(type: .none, scopes: []) },
      Bad("auth.scopes") { $0.auth = MCPServerAuthInput(type: .oauth, scopes: ["a b"]) },
      Bad("auth.integrationId") { $0.auth = MCPServerAuthInput(type: .none, integrationId: .random()) },
      Bad("auth.integrationId") { $0.auth = MCPServerAuthInput(type: .oauth, integrationId: .random()) },
    ]

  @Test func everyBadFieldIsNamed() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      for bad in Self.all {
        let answer = await problem {
          try await policy.gateway.call(MCPServerEndpoints.create, OnBehalf(tenant.apiKey, bad.request))
        }
        #expect(answer?.code == .invalidRequest, "\(bad.field): \(bad.request.url) \(bad.request.name)")
        #expect(answer?.detail.hasPrefix(bad.field) == true, "\(bad.field): \(answer?.detail ?? "accepted")")
      }
      #expect(try policy.database.superuser("SELECT count(*) FROM mcp_server") == "0\n")
      #expect(try policy.vault.received(SecretEndpoints.put).isEmpty)
      print("figure: \(Self.all.count) bad definitions of MCP servers, each refused with its field's name")
    }
  }

  @Test func aChangeIsHeldToTheSameRules() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      let made = try await tenant.createServer()
      let bad: [(String, UpdateMCPServer)] = [
        ("name", UpdateMCPServer(name: "")), ("allowedTools", UpdateMCPServer(allowedTools: .set(["a b"]))),
        ("description", UpdateMCPServer(description: "a\u{7}")),
        ("auth.header", UpdateMCPServer(auth: Self.auth(header: "Host"))),
        ("auth.token", UpdateMCPServer(auth: MCPServerAuthInput(type: .staticToken))),
        ("auth.integrationId", UpdateMCPServer(auth: MCPServerAuthInput(type: .oauth, integrationId: .random()))),
      ]
      for (field, request) in bad {
        #expect(
          await problem { try await tenant.update(made.id, request) }?.detail.hasPrefix(field) == true, "\(field)")
      }
      #expect(try await tenant.show(made.id).updatedAt == made.updatedAt)
    }
  }

  @Test func whatIsOddButRightIsTaken() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      let query = try await tenant.createServer(url: "https://mcp.example.com:8443/a/mcp?workspace=1")
      #expect(query.url == "https://mcp.example.com:8443/a/mcp?workspace=1")
      // The practice provider's host is on the allow list of this service.
      #expect(try await tenant.createServer(url: "\(PolicyFixture.sandboxIssuer)/mcp").url.hasPrefix("http:"))
      let bearer = try await tenant.createServer(auth: Self.auth())
      #expect(bearer.auth == MCPServerAuth(type: .staticToken, header: "Authorization", prefix: "Bearer"))
      let key = try await tenant.createServer(auth: Self.auth(header: "X-Api-Key"))
      #expect(key.auth == MCPServerAuth(type: .staticToken, header: "X-Api-Key", prefix: ""))
      let blank = try await tenant.createServer(auth: Self.auth(header: "authorization", prefix: "Token "))
      #expect(blank.auth == MCPServerAuth(type: .staticToken, header: "authorization", prefix: "Token"))
      #expect(try await tenant.createServer(auth: MCPServerAuthInput(type: .oauth)).auth.integrationId == nil)
    }
  }

  @Test func scopesStayWithinTheIntegrationsCeiling() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      var request = Tenant.github
      request.maximumScopes = ["repo"]
      let integration = try await tenant.createIntegration(request)
      let beyond = MCPServerAuthInput(type: .oauth, integrationId: integration.id, scopes: ["repo", "delete_repo"])
      let answer = await problem { try await tenant.createServer(auth: beyond) }
      #expect(answer?.fields == ["auth.scopes"] && answer?.detail.contains("delete_repo") == true)
    }
  }
}
