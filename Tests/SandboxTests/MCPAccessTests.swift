import MCP
import Model
import NIOHTTP1
import Testing

@testable import SandboxKit

@Suite struct MCPAccessTests {
  @Test func aClientFindsItsWayInByTheAddressAlone() async throws {
    try await TestSandbox.run { sandbox in
      let refused = try await MCPClient(sandbox: sandbox, door: .oauth).request("server/discover")
      #expect(refused.status == 401)
      let challenge = try #require(refused.challenge)
      #expect(challenge.error == nil, "nothing is wrong yet")
      #expect(challenge.scope == "profile")
      let metadata = try await sandbox.send(.GET, try #require(challenge.resourceMetadata))
      #expect(metadata.text("resource") == "\(sandbox.base)/mcp")
      #expect(metadata.json["authorization_servers"] == .array([.string(sandbox.base)]))
      #expect(try await sandbox.send(.GET, "/.well-known/oauth-protected-resource").status == 404)
      #expect(try await sandbox.mcp(as: "ada").call("whoami").status == 200)
    }
  }

  @Test func aTokenOpensTheResourceThatItWasAskedFor() async throws {
    try await TestSandbox.run { sandbox in
      func token(_ resource: String?) async throws -> String {
        let url = sandbox.authorizeURL(scope: "profile", ["resource": resource])
        let code = try #require(try await sandbox.consent(url)["code"])
        return try #require(try await sandbox.redeem(code).text("access_token"))
      }
      var client = MCPClient(sandbox: sandbox, door: .oauth)
      client.token = try await token("\(sandbox.base)/mcp")
      #expect(try await client.call("whoami").status == 200)
      client.token = try await token(nil)
      #expect(try await client.call("whoami").status == 200)
      for other in ["\(sandbox.base)/mcp/", "\(sandbox.base)/other", "https://elsewhere.example/mcp"] {
        client.token = try await token(other)
        let answer = try await client.call("whoami")
        #expect(answer.status == 401)
        #expect(answer.challenge?.error == "invalid_token")
      }
    }
  }

  @Test func aResourceMustBeAnAddressAndMayNotChangeLater() async throws {
    try await TestSandbox.run { sandbox in
      for bad in ["mcp", "ftp://a.example/", "https://a.example/#x", "https:///x"] {
        let answer = try await sandbox.consent(sandbox.authorizeURL(["resource": bad]))
        #expect(answer["error"] == "invalid_target", "\(bad)")
      }
      let url = sandbox.authorizeURL(["resource": "\(sandbox.base)/mcp"])
      let code = try #require(try await sandbox.consent(url)["code"])
      let form = [
        ("grant_type", "authorization_code"), ("code", code), ("code_verifier", TestSandbox.verifier),
        ("redirect_uri", TestSandbox.redirectURI),
      ]
      let other = try await sandbox.post(
        "/token", TestSandbox.credentials + form + [("resource", "https://other.example/")])
      #expect(other.text("error") == "invalid_target")
      let again = try #require(try await sandbox.consent(url)["code"])
      let tokens = try await sandbox.redeem(again)
      let refresh = try #require(tokens.text("refresh_token"))
      let wrong = try await sandbox.refresh(refresh, [("resource", "https://other.example/")])
      #expect(wrong.text("error") == "invalid_target")
      let right = try await sandbox.refresh(refresh, [("resource", "\(sandbox.base)/mcp")])
      #expect(right.status == 200)
      let known = try await sandbox.post(
        "/introspect", TestSandbox.credentials + [("token", try #require(right.text("access_token")))])
      #expect(known.json["aud"] == .array([.string("\(sandbox.base)/mcp")]))
    }
  }

  @Test func aDeadTokenAndAMissingScopeAreToldApart() async throws {
    try await TestSandbox.run { sandbox in
      var client = try await sandbox.mcp(as: "ada", scope: "profile")
      let messages = try await client.call("list_messages")
      #expect(messages.status == 403)
      #expect(messages.challenge?.error == "insufficient_scope")
      #expect(messages.challenge?.scopes == ["profile", "mail.read"])
      _ = try await sandbox.admin(.POST, "tokens/expire", "{}")
      #expect(try await client.call("whoami").challenge?.error == "invalid_token")
      client.token = try await sandbox.tokens(scope: "email").access
      let narrow = try await client.call("whoami")
      #expect(narrow.status == 403 && narrow.challenge?.scopes == ["profile"])
      client.token = try await sandbox.tokens().refresh
      #expect(try await client.call("whoami").status == 401)
      let reader = try await sandbox.mcp(as: "alan")
      #expect(try await reader.call("list_messages").toolText?.contains("Hut 8 rota") == true)
    }
  }

  @Test func theStaticTokenComesInTheHeaderOfTheSettings() async throws {
    try await TestSandbox.run { sandbox in
      var client = MCPClient(sandbox: sandbox, door: .staticToken, token: MCPClient.staticToken)
      #expect(try await client.call("whoami").result?["structuredContent"]?["subject"] == "static")
      client.token = "static-token-012345678"
      #expect(try await client.call("whoami").status == 401)
      client.token = nil
      #expect(try await client.call("whoami").status == 401)
      let bearer = try await client.call("whoami", headers: [("authorization", "Bearer \(MCPClient.staticToken)")])
      #expect(bearer.status == 401, "another header is no way in")
    }
  }

  @Test func aHeaderMayHaveItsPrefix() {
    let bearer = StaticTokenDoor(header: "Authorization", prefix: "Bearer ", token: nil)
    #expect(bearer.token(in: "bearer abc") == "abc")
    #expect(bearer.token(in: "abc") == nil)
    #expect(StaticTokenDoor(header: "X", prefix: "", token: nil).token(in: "abc") == "abc")
  }

  @Test func whoamiTellsTwoTokensApartAndShowsNone() async throws {
    try await TestSandbox.run { sandbox in
      var prints: Set<String> = []
      for person in ["ada", "ada", "grace"] {
        let client = try await sandbox.mcp(as: person)
        let answer = try await client.call("whoami")
        let told = try #require(answer.result?["structuredContent"])
        #expect(told["subject"] == .string(person))
        #expect(told["scopes"] == .array(["profile", "mail.read"]))
        let print = try #require(told["tokenFingerprint"]?.text)
        #expect(print.count == 8)
        prints.insert(print)
        #expect(!answer.body.contains(try #require(client.token)))
      }
      #expect(prints.count == 3)
      let open = try await sandbox.mcp.call("whoami").result?["structuredContent"]
      #expect(open == .object(["subject": "anonymous", "scopes": .array([]), "hasToken": false]))
    }
  }

  @Test func pagesOfOtherPlacesMayNotCall() async throws {
    try await TestSandbox.run { sandbox in
      func status(from origin: String) async throws -> Int {
        try await sandbox.mcp.call("echo", .object(["text": "a"]), headers: [("origin", origin)]).status
      }
      let foreign = [
        "https://evil.example", "null", "http://localhost.evil.example", "http://127.0.0.1.evil.example",
      ]
      for origin in foreign {
        let status = try await status(from: origin)
        #expect(status == 403, "\(origin)")
      }
      for origin in [sandbox.base, "http://localhost:3000", "https://127.0.0.1", "http://[::1]:80"] {
        let status = try await status(from: origin)
        #expect(status == 200, "\(origin)")
      }
    }
  }

  @Test func theEndpointCanBeMadeToFailAndIsCounted() async throws {
    try await TestSandbox.run { sandbox in
      try await sandbox.fault(#"{"endpoint":"mcp","kind":"html"}"#)
      #expect(try await sandbox.mcp.call("echo", .object(["text": "a"])).status == 502)
      #expect(try await sandbox.mcp.call("echo", .object(["text": "a"])).status == 200)
      #expect(try await MCPClient(sandbox: sandbox, door: .oauth).call("echo").status == 401)
      let count = try await sandbox.admin(.GET, "counters").decode(Counters.Snapshot.self).endpoints[.mcp]
      #expect(count == Counters.Count(requests: 3, processed: 1, refused: 1, faulted: 1))
    }
  }

  @Test func neitherGetNorOddBodiesAreAnswered() async throws {
    try await TestSandbox.run { sandbox in
      let get = try await sandbox.send(.GET, "/mcp/open")
      #expect(get.status == 405 && get.headers.first(name: "allow") == "POST, DELETE")
      #expect(try await sandbox.send(.DELETE, "/mcp/open").status == 405)
      let json = ("content-type", "application/json")
      #expect(try await sandbox.send(.POST, "/mcp/open", headers: [json], body: "{}").status == 406)
      #expect(
        try await sandbox.send(.POST, "/mcp/open", headers: [json, ("accept", "application/json")], body: "{}").status
          == 406)
      #expect(try await sandbox.send(.POST, "/mcp/open", headers: [("accept", "*/*")], body: "{}").status == 415)
      for body in ["", "{", "[]", "1", #"{"jsonrpc":"2.0","id":1,"method":"a","method":"b"}"#] {
        let answer = try await sandbox.mcp.post(body)
        #expect(answer.status == 400, "\(body)")
        #expect(answer.message?.errorCode == (body == "" || body == "{" || body.contains("b\"}") ? -32_700 : -32_600))
      }
      let large = "{\"a\":\"\(String(repeating: "x", count: Limits.mcpBodyBytes))\"}"
      #expect(try await sandbox.mcp.post(large).status == 413)
    }
  }
}
