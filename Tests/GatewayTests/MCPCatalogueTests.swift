import Foundation
import MCP
import Model
import TestSupport
import Testing

@testable import GatewayKit

/// How much of a server's list of tools is fetched, and how often.
@Suite(.timeLimit(.minutes(2))) struct MCPCatalogueTests {
  /// Has a server list its tools page by page.
  ///
  /// - Parameters:
  ///   - padding: bytes of each definition, roughly.
  ///   - last: the last page by its number, the first being 0; without it there is always one more.
  private static func list(
    _ tools: Int, _ padding: Int = 0, upTo last: Int = .max, at stub: StubMCPServer
  ) {
    let schema = #"{"type":"object","title":"\#(String(repeating: "x", count: padding))"}"#
    stub.change { script in
      script.admit = { received in
        guard received.method == "tools/list" else { return nil }
        let number = received.message.cursor.flatMap { Int($0) } ?? 0
        let definitions = (0..<tools).map { StubMCPServer.tool("t-\(number)-\($0)", schema: schema) }
        let next = number < last ? #""nextCursor":"\#(number + 1)","# : ""
        return .result(
          #"{"resultType":"complete",\#(next)"tools":[\#(definitions.joined(separator: ","))],"ttlMs":0,"cacheScope":"private"}"#
        )
      }
    }
  }

  private static func fetches(_ world: MCPWorld) -> Int { world.stub.received.count { $0.method == "tools/list" } }

  @Test(arguments: [(400, 0, 3), (3, 100 << 10, 3), (5, 220 << 10, 1)])
  func aListThatIsMoreThanIsKeptIsNotReadToItsEnd(_ tools: Int, _ padding: Int, _ pages: Int) async throws {
    try await MCPWorld.with { world async throws in
      Self.list(tools, padding, at: world.stub)
      let answer = try await world.client().request("tools/list")
      #expect(answer.code == -32_603)
      #expect(answer.response["error"]?["message"]?.text?.contains("more than can be kept") == true)
      #expect(Self.fetches(world) == pages)
      #expect(try await world.client(path: "/mcp").list().isEmpty, "among others it spoils nobody's list")
      #expect(world.gateway.calls(MCPServerEndpoints.storeTools).isEmpty)
    }
  }

  @Test func aListOfAsManyToolsAsAreKeptIsStored() async throws {
    try await MCPWorld.with { world async throws in
      Self.list(StoreTools.maximumCount / 2, upTo: 1, at: world.stub)
      #expect(try await world.client().list().count == StoreTools.maximumCount)
      #expect(Self.fetches(world) == 2)
    }
  }

  @Test func callsThatNeedTheSameListFetchItOnce() async throws {
    try await MCPWorld.with { world async throws in
      world.stub.change { script in
        script.admit = { received in
          guard received.method == "tools/list" else { return nil }
          let answer = StubMCPServer.result(
            received,
            #"{"resultType":"complete","tools":[\#(StubMCPServer.tool("echo"))],"ttlMs":0,"cacheScope":"private"}"#)
          return .events { send in
            // Until all of them have come; whoever is later still finds the list stored.
            try await Task.sleep(for: .seconds(1))
            try await send(answer)
          }
        }
      }
      let client = try await world.client()
      try await withThrowingTaskGroup(of: [String].self) { group in
        for _ in 0..<10 { group.addTask { try await client.list() } }
        for try await names in group { #expect(names == ["echo"]) }
      }
      #expect(Self.fetches(world) == 1)
      #expect(world.gateway.calls(MCPServerEndpoints.storeTools).count == 1)
    }
  }
}
