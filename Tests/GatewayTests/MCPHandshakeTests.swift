import Foundation
import MCP
import Model
import TestSupport
import Testing

@testable import GatewayKit

/// How clients of both eras begin, and what is refused before any tool is touched.
@Suite struct MCPHandshakeTests {
  @Test(arguments: everyPairing)
  func everyClientListsAndCallsWithEveryServer(_ revision: ProtocolRevision, _ era: Era) async throws {
    try await MCPWorld.with(era) { world async throws in
      let client = try await world.client(revision)
      #expect(try await client.list() == ["echo"])
      let answer = try await client.call("echo", #"{"text":"a"}"#)
      #expect(answer.status == 200)
      #expect(answer.text == "hi")
      #expect(answer.response["id"] == .string("c-1"), "the client's own id comes back")
      #expect((answer.result["resultType"] != nil) == (client.era == .modern))
      let call = try #require(world.stub.calls.first)
      #expect(call.message.arguments?.text == #"{"text":"a"}"#)
      #expect((call.message.protocolVersion != nil) == (era == .modern))
      #expect(call.headers["mcp-method"] == (era == .modern ? "tools/call" : nil))
      #expect(call.headers["mcp-name"] == (era == .modern ? "echo" : nil))
      #expect((call.headers["mcp-session-id"] != nil) == (era == .legacy))
      #expect(
        client.session == nil || call.headers["mcp-session-id"] != client.session, "a session of the gateway's own")
      #expect(call.message.clientInfo?.name ?? "lanyard" == "lanyard", "the client is not named to the server")
    }
  }

  @Test func aSessionBelongsToItsPersonAndEndsAsUnknown() async throws {
    try await MCPWorld.with { world async throws in
      var client = try await world.client(.november2025)
      client.credential = "lyk_key"
      #expect(try await client.request("ping").status == 404, "another caller's session")
      client.credential = "lys_member"
      #expect(try await client.request("ping").status == 200)
      let session = try #require(client.session)
      client.session = String(session.dropLast(4)) + "AAAA"
      let forged = try await client.request("ping")
      #expect(forged.status == 404)
      #expect(forged.code == -32_001)
      client.session = nil
      #expect(try await client.request("ping").status == 400, "no session at all")
    }
  }

  @Test func aSessionEndsWithItsTime() throws {
    let keys = try TestServiceKeys()
    let caller = Caller(
      credential: .session, credentialId: "s", organizationId: .random(), organizationName: "o", user: nil,
      role: .member, groups: [], charmId: nil, expiresAt: nil)
    let client = MCPClient(revision: .november2025, elicitation: [.url])
    let id = try MCPSessions(keys.credentials(of: .gateway)).begin(client, for: caller)
    let other = MCPSessions(keys.credentials(of: .gateway))
    #expect(other.client(of: id, for: caller) == client, "any replica reads it")
    #expect(other.client(of: id, for: caller, now: .now + 43_201) == nil)
  }

  @Test func initializeAnswersWhatWasAskedForOrTheNewestOfItsEra() async throws {
    try await MCPWorld.with { world async throws in
      for (asked, given) in [("2025-03-26", "2025-03-26"), ("2024-11-05", "2025-11-25"), ("2026-07-28", "2025-11-25")] {
        let client = MCPTestClient(gateway: world.gateway, path: world.path, revision: .november2025)
        let answer = try await client.request(
          "initialize", #""protocolVersion":"\#(asked)","capabilities":{},"clientInfo":{"name":"t","version":"1"}"#)
        #expect(answer.result["protocolVersion"] == .string(given))
      }
    }
  }

  @Test func discoverNamesTheRevisionsAndMayNotBeShared() async throws {
    try await MCPWorld.with { world async throws in
      let answer = try await world.client().request("server/discover")
      #expect(answer.result["supportedVersions"] == .array(["2026-07-28", "2025-11-25", "2025-06-18", "2025-03-26"]))
      #expect(answer.result["cacheScope"] == .string("private"))
      let list = try await world.client().request("tools/list")
      #expect(list.result["cacheScope"] == .string("private"))
      #expect(list.result["resultType"] == .string("complete"))
    }
  }

  @Test(arguments: [
    (["Mcp-Method": "tools/list"], -32_020), (["Mcp-Name": "other"], -32_020), (["Mcp-Name": "=?base64?!!?="], -32_020),
    (["MCP-Protocol-Version": "2025-11-25"], -32_020),
  ])
  func aHeaderThatDoesNotSayWhatTheBodySaysIsRefused(_ headers: [String: String], _ code: Int) async throws {
    try await MCPWorld.with { world async throws in
      let answer = try await world.client().request(
        "tools/call", #""name":"echo","arguments":{}"#, name: "echo", headers: headers)
      #expect(answer.status == 400)
      #expect(answer.code == code)
      #expect(world.stub.calls.isEmpty)
    }
  }

  @Test func aRevisionThatNobodySpeaksIsRefusedWithThoseThatAre() async throws {
    try await MCPWorld.with { world async throws in
      var client = try await world.client()
      let body = client.body("tools/list").replacingOccurrences(of: "2026-07-28", with: "2027-01-01")
      let answer = try await client.send(body, headers: ["MCP-Protocol-Version": "2027-01-01"])
      #expect(answer.status == 400)
      #expect(answer.code == -32_022)
      client = try await world.client(.november2025)
      let old = try await client.request("tools/list", headers: ["MCP-Protocol-Version": "1999-01-01"])
      #expect(old.status == 400)
    }
  }

  @Test func whatARequestLacksIsNamed() async throws {
    try await MCPWorld.with { world async throws in
      let client = try await world.client()
      let headers = client.modernHeaders("tools/list", nil)
      let bare = #"{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{}}"#
      let answer = try await client.send(bare, headers: headers)
      #expect(answer.status == 400)
      #expect(answer.code == -32_602)
      #expect(answer.response["error"]?["message"]?.text?.contains("protocolVersion") == true)
    }
  }

  @Test func anUnknownMethodIsNotFoundInBothErasAndReachesNobody() async throws {
    try await MCPWorld.with { world async throws in
      for method in ["resources/list", "prompts/get", "sampling/createMessage", "tools/destroy"] {
        let modern = try await world.client().request(method, #""name":"echo""#, name: "echo")
        #expect(modern.status == 404)
        #expect(modern.code == -32_601)
        let legacy = try await world.client(.june2025).request(method)
        #expect(legacy.status == 200)
        #expect(legacy.code == -32_601)
      }
      #expect(world.stub.received.isEmpty)
    }
  }

  @Test(arguments: [
    "", "{", "[]", "null", #"{"jsonrpc":"1.0","id":1,"method":"ping"}"#,
    #"{"jsonrpc":"2.0","id":null,"method":"ping"}"#,
    #"{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"}"#, #"{"jsonrpc":"2.0","id":1,"method":"ping"}x"#,
  ])
  func aBodyThatIsNoMessageIsRefused(_ body: String) async throws {
    try await MCPWorld.with { world async throws in
      let answer = try await world.client().send(body)
      #expect(answer.status == 400)
      #expect([-32_700, -32_600].contains(answer.code ?? 0))
    }
  }

  @Test func aNotificationIsTakenWithoutAnAnswer() async throws {
    try await MCPWorld.with { world async throws in
      let client = try await world.client(.november2025)
      let answer = try await client.send(
        #"{"jsonrpc":"2.0","method":"notifications/initialized"}"#, headers: client.modernHeaders("", nil))
      #expect(answer.status == 202)
      #expect(answer.messages.isEmpty)
    }
  }

  @Test func onlyPostIsServedAndOnlyPagesOfTheHost() async throws {
    try await MCPWorld.with(variables: ["LANYARD_PUBLIC_HOST_ORIGINS": "https://host.example"]) { world async throws in
      for path in [world.path, "/mcp"] {
        for method in ["GET", "DELETE"] {
          let answer = try await world.gateway.call(method, path)
          #expect(answer.status == 405)
          #expect(answer.header("Allow") == "POST")
        }
      }
      for (origin, status) in [("https://host.example", 200), ("https://evil.example", 403), ("null", 403)] {
        let answer = try await world.client().request("server/discover", headers: ["Origin": origin])
        #expect(answer.status == status, "\(origin)")
      }
    }
  }

  @Test func nobodyIsLetInWithoutACredentialOfOurs() async throws {
    try await MCPWorld.with { world async throws in
      for credential in ["lys_unknown", "eyJhbGciOi.x.y", ""] {
        var client = try await world.client()
        client.credential = credential
        #expect(try await client.request("tools/list").status == 401)
      }
      #expect(world.stub.received.isEmpty)
    }
  }

  @Test func anUnknownServerIsAnErrorInTheClientsOwnWords() async throws {
    try await MCPWorld.with { world async throws in
      let answer = try await world.client(path: "/mcp/\(MCPServerID.random().rawValue)").request("tools/list")
      #expect(answer.status == 200)
      #expect(answer.code == -32_602)
      #expect(try await world.client(path: "/mcp/nonsense").request("tools/list").status == 404)
    }
  }
}
