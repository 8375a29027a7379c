import Foundation
import Model
import TestSupport
import Testing

@testable import GatewayKit

/// Who is told what about MCP servers, and that the public form of a request reaches the policy service unchanged.
@Suite struct MCPServerRouteTests {
  @Test func membersSeeDescriptorsAndOwnersDefinitions() async throws {
    try await RunningGateway.with { gateway async throws in
      for path in ["/v1/mcp-servers", "/v1/mcp-servers/mcp_1"] {
        let member = try await gateway.call("GET", path)
        #expect(member.status == 200 && member.text.contains("needsConnection"))
        for hidden in ["url", "auth", "example.com", "slug"] { #expect(!member.text.contains(hidden), "\(path)") }
        for owner in ["lys_owner", "lyk_key"] {
          #expect(try await gateway.call("GET", path, as: owner).text.contains("https://mcp.example.com/mcp"))
        }
      }
      #expect(gateway.calls(MCPServerEndpoints.list).count == 2)
      #expect(gateway.calls(MCPServerEndpoints.descriptors).count == 1)
    }
  }

  @Test func allToolsAgainIsNotTheSameAsNoChange() async throws {
    try await RunningGateway.with { gateway async throws in
      for body in [#"{"allowedTools":null}"#, #"{"name":"n"}"#, #"{"allowedTools":[]}"#] {
        #expect(try await gateway.call("PATCH", "/v1/mcp-servers/mcp_1", as: "lys_owner", json: body).status == 200)
      }
      let changes = try gateway.calls(MCPServerEndpoints.update).map {
        try WireJSON.decode(OnBehalf<Targeted<MCPServerKind, UpdateMCPServer>>.self, from: $0.body).request.request
      }
      #expect(changes.map(\.allowedTools) == [.removed, .unchanged, .set([])])
    }
  }

  @Test func aDecisionAboutAToolNeedsNoBodyAndNamesAreDecoded() async throws {
    try await RunningGateway.with { gateway async throws in
      let path = "/v1/mcp-servers/mcp_1/tools/find%2Fmail%20now/approve"
      #expect(try await gateway.call("POST", path, as: "lys_owner").status == 200)
      #expect(
        try await gateway.call("POST", path, as: "lys_owner", json: #"{"definitionHash":"h"}"#).status == 200)
      let decisions = try gateway.calls(MCPServerEndpoints.approveTool).map {
        try WireJSON.decode(OnBehalf<Targeted<MCPServerKind, ToolReference>>.self, from: $0.body).request.request
      }
      #expect(
        decisions == [
          ToolReference(name: "find/mail now"), ToolReference(name: "find/mail now", definitionHash: "h"),
        ])
    }
  }

  @Test func aCharmsIdMayBeAnyText() async throws {
    try await RunningGateway.with { gateway async throws in
      #expect(try await gateway.call("GET", "/v1/charms/charmiq%3A%2F%2Fcharm%2F1", as: "lys_owner").status == 200)
      let asked = try gateway.calls(CharmEndpoints.show).map {
        try WireJSON.decode(OnBehalf<TargetedCharm>.self, from: $0.body).request.id
      }
      #expect(asked == ["charmiq://charm/1"])
    }
  }

  @Test func aTokenInARequestIsInNoLogAndNoAnswer() async throws {
    try await RunningGateway.with { gateway async throws in
      let body = """
        {"name":"n","url":"https://mcp.example.com","auth":{"type":"staticToken","token":"canaryToken","surprise":1}}
        """
      let refused = try await gateway.call("POST", "/v1/mcp-servers", as: "lys_owner", json: body)
      #expect(refused.status == 400 && refused.detail.contains("auth.surprise"))
      let good = body.replacing(#","surprise":1"#, with: "")
      let made = try await gateway.call("POST", "/v1/mcp-servers", as: "lys_owner", json: good)
      #expect(made.status == 201)
      for text in [refused.text, made.text, gateway.log.text] { #expect(!text.contains("canaryToken")) }
    }
  }
}
