import Foundation
import MCP
import Model
import TestSupport

@testable import GatewayKit

/// A gateway with one MCP server behind it, and stubs of the services that know about it.
struct MCPWorld {
  /// What is special about the server.
  typealias Change = (inout MCPDirectory.Entry) -> Void

  let gateway: RunningGateway
  let stub: StubMCPServer
  let directory: MCPDirectory
  let server: MCPServerID

  var path: String { "/mcp/\(server.rawValue)" }

  static func with(
    _ era: Era = .modern, variables: [String: String] = [:],
    change: Change = { _ in }, _ body: (MCPWorld) async throws -> Void
  ) async throws {
    try await StubMCPServer.with(era) { stub in
      let settings = ["LANYARD_EGRESS_ALLOW": stub.host].merging(variables) { $1 }
      try await RunningGateway.with(variables: settings) { gateway in
        let directory = MCPDirectory(gateway.neighbours)
        let server = directory.add("mail", stub.url, change)
        try await body(MCPWorld(gateway: gateway, stub: stub, directory: directory, server: server))
      }
    }
  }

  func client(
    _ revision: ProtocolRevision = .latest, elicitation: String = "{}", as credential: String = "lys_member",
    path: String? = nil
  ) async throws -> MCPTestClient {
    try await .connect(gateway, path ?? self.path, revision, elicitation: elicitation, as: credential)
  }
}

/// Client revision and server era, all of them.
let everyPairing: [(ProtocolRevision, Era)] = ProtocolRevision.supported.flatMap { revision in
  Era.allCases.map { (revision, $0) }
}
