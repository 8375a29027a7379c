import Foundation
import Model
import TestSupport
import Testing

@testable import GatewayKit

/// What is looked at after a configuration was applied.
@Suite struct ConfigurationTests {
  /// A server as it stands then.
  enum Standing: String, CaseIterable {
    case notLookedAt, found, foundWithOwnIntegration, issuerChanged
  }

  private static let body = #"""
    {"configuration":{"mcpServers":[{"name":"Mail","url":"https://mcp.example.com/mcp","auth":{"type":"oauth"}}]}}
    """#

  @Test(arguments: Standing.allCases) func onlyAServerThatWasNotFoundYetIsLookedAt(_ standing: Standing) async throws {
    try await RunningGateway.with { gateway async throws in
      let neighbours = gateway.neighbours
      neighbours.on(MCPServerEndpoints.show, neighbours.server(standing))
      neighbours.fail(MCPDiscoveryEndpoints.discover, ServiceError(.discoveryFailed, "Nobody answers there."))
      for part in [\ConfigurationReport.created, \.changed, \.unchanged] {
        var report = ConfigurationReport(dryRun: false, version: "v")
        report[keyPath: part] = [.init(kind: .mcpServer, name: "Mail", id: neighbours.server.id.rawValue)]
        neighbours.on(ConfigurationEndpoints.apply, report)
        let looks = gateway.calls(MCPDiscoveryEndpoints.discover).count
        let answer = try await gateway.call("PUT", "/v1/configuration", as: "lys_owner", json: Self.body)
        #expect(answer.status == 200)
        let isLookedAt = standing == .notLookedAt
        #expect(gateway.calls(MCPDiscoveryEndpoints.discover).count == looks + (isLookedAt ? 1 : 0))
        #expect(answer.text.contains("Nobody answers there.") == isLookedAt, "what is left to do is in the notes")
      }
      #expect(gateway.calls(MCPDiscoveryEndpoints.adopt).isEmpty)
    }
  }

  @Test func aServerWhoseIntegrationIsNamedIsNotLookedAt() async throws {
    try await RunningGateway.with { gateway async throws in
      var report = ConfigurationReport(dryRun: false, version: "v")
      report.created = [.init(kind: .mcpServer, name: "Mail", id: gateway.neighbours.server.id.rawValue)]
      gateway.neighbours.on(ConfigurationEndpoints.apply, report)
      let named = Self.body.replacing(#"{"type":"oauth"}"#, with: #"{"type":"oauth","integration":"GitHub"}"#)
      #expect(try await gateway.call("PUT", "/v1/configuration", as: "lys_owner", json: named).status == 200)
      #expect(gateway.calls(MCPServerEndpoints.show).isEmpty && gateway.calls(MCPDiscoveryEndpoints.discover).isEmpty)
    }
  }
}

extension Neighbours {
  fileprivate func server(_ standing: ConfigurationTests.Standing) -> MCPServer {
    var server = server
    server.auth = MCPServerAuth(type: .oauth)
    guard standing != .notLookedAt else { return server }
    server.discovered = MCPServer.Discovered(
      issuer: "https://id.example.com", resource: server.url, discoveredAt: .now)
    switch standing {
    case .foundWithOwnIntegration: server.auth.integrationId = integrationId
    case .issuerChanged:
      server.configError = MCPServer.ConfigError(
        reason: .issuerChanged, detail: "Another one.", issuer: "https://other.example", since: .now)
    case .notLookedAt, .found: break
    }
    return server
  }
}
