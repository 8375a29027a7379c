import Foundation
import Model
import TestSupport
import Testing

@testable import GatewayKit

/// What MCP clients call directly: metadata, registration, tokens, and the endpoint's own refusal.
@Suite struct ClientEndpointTests {
  private static let form = "application/x-www-form-urlencoded"

  private func post(
    _ gateway: RunningGateway, _ path: String, _ body: String, headers: [String: String] = [:]
  ) async throws -> RunningGateway.Answer {
    try await gateway.call(
      "POST", path, as: nil, json: body, headers: ["Content-Type": Self.form].merging(headers) { $1 })
  }

  // MARK: Metadata

  @Test func metadataIsExactAndLeadsFromTheEndpointToTheServer() async throws {
    try await RunningGateway.with { gateway async throws in
      let origin = RunningGateway.publicURL
      for (path, name) in [("/mcp", "/mcp"), ("/mcp/mcp_1", "/mcp/mcp_1")] {
        let refused = try await gateway.call("POST", path, as: nil, json: "{}")
        #expect(refused.status == 401)
        let address = "\(origin)/.well-known/oauth-protected-resource\(name)"
        #expect(refused.header("WWW-Authenticate") == "Bearer resource_metadata=\"\(address)\"")
        let wrong = try await gateway.call("POST", path, as: "lym_unknown", json: "{}")
        #expect(wrong.header("WWW-Authenticate") == "Bearer error=\"invalid_token\", resource_metadata=\"\(address)\"")
        let resource = try await gateway.call("GET", "/.well-known/oauth-protected-resource\(name)", as: nil)
        #expect(resource.json["resource"]?.text == "\(origin)\(name)")
        #expect(resource.json["authorization_servers"] == .array([.string(origin)]))
        #expect(resource.header("Access-Control-Allow-Origin") == nil && resource.header("Cache-Control") == "no-store")
      }
      #expect(try await gateway.call("GET", "/.well-known/oauth-protected-resource/mcp/x", as: nil).status == 404)
      let server = try await gateway.call("GET", "/.well-known/oauth-authorization-server", as: nil).json
      #expect(server["issuer"]?.text == origin)
      #expect(server["code_challenge_methods_supported"] == .array([.string("S256")]))
      #expect(server["token_endpoint_auth_methods_supported"] == .array([.string("none")]))
      #expect(server["client_id_metadata_document_supported"] == .bool(true))
      #expect(server["authorization_response_iss_parameter_supported"] == .bool(true))
      for name in ["authorization", "token", "revocation", "registration"] {
        #expect(server["\(name)_endpoint"]?.text?.hasPrefix("\(origin)/oauth/") == true, "\(name)")
      }
    }
  }

  @Test func onlyTheOneSpellingOfAnEndpointIsItsAddress() throws {
    let resources = MCPResources(publicURL: try #require(PublicURL("https://l.example")))
    let server = MCPServerID(rawValue: "mcp_1")
    #expect(resources.target(of: "https://l.example/mcp") == ClientTokenTarget(mcpServerId: nil))
    #expect(resources.target(of: "https://l.example/mcp/mcp_1") == ClientTokenTarget(mcpServerId: server))
    for other in [
      "https://l.example/mcp/", "https://l.example/mcp/mcp_1/", "https://l.example/MCP", "http://l.example/mcp",
      "https://l.example:443/mcp", "https://L.example/mcp", "https://l.example/mcp?", "https://l.example/mcp#",
      "https://l.example/mcp/mcp_1?x", "https://l.example/mcp/../mcp", "https://l.example", "",
    ] { #expect(resources.target(of: other) == nil, "\(other)") }
  }

  // MARK: Audience

  @Test func aTokenWorksAtItsEndpointAndNowhereElse() async throws {
    try await MCPWorld.with { world async throws in
      let n = world.gateway.neighbours
      func token(for server: MCPServerID?) {
        n.on(
          SessionEndpoints.verify,
          Caller(
            credential: .clientToken, credentialId: "clt_1", organizationId: n.organizationId, organizationName: "Acme",
            user: Caller.User(id: n.userId, externalId: "u1", email: nil, name: nil), role: .member, groups: [],
            charmId: nil, expiresAt: nil, mcpServerId: server))
      }
      func status(_ path: String, _ credential: String) async throws -> Int {
        try await world.gateway.call(
          "POST", path, as: credential,
          json:
            #"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}"#
        ).status
      }
      token(for: world.server)
      #expect(try await status(world.path, "lym_bound") == 200)
      for path in ["/mcp", "/mcp/mcp_other"] { #expect(try await status(path, "lym_bound") == 401, "\(path)") }
      token(for: nil)
      #expect(try await status("/mcp", "lym_free") == 200)
      #expect(try await status(world.path, "lym_free") == 401)
      for route in try world.gateway.routes {
        let target = route.path.replacing("{id}", with: "mcp_1").replacing("{name}", with: "x")
        #expect(try await world.gateway.call(route.method, target, as: "lym_free").status == 401, "\(route)")
      }
    }
  }

  // MARK: Tokens

  @Test func codesAndRefreshTokensBecomeTokens() async throws {
    try await RunningGateway.with { gateway async throws in
      let tokens = ClientTokenAnswer.Tokens(
        accessToken: WireSecret("lym_1"), expiresAt: .now + 600, refreshToken: WireSecret("lyr_1"))
      gateway.neighbours.on(ClientTokenEndpoints.redeem, ClientTokenAnswer(tokens))
      gateway.neighbours.on(ClientTokenEndpoints.refresh, ClientTokenAnswer(tokens))
      // RFC 7636 appendix B.
      let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
      let answer = try await post(
        gateway, "/oauth/token",
        "grant_type=authorization_code&client_id=mcl_1&code=lyc_1&redirect_uri=http%3A%2F%2F127.0.0.1%3A5000%2Fcb"
          + "&code_verifier=\(verifier)&resource=\(RunningGateway.publicURL)/mcp/mcp_1")
      #expect(answer.status == 200 && answer.json["access_token"]?.text == "lym_1")
      #expect(answer.json["refresh_token"]?.text == "lyr_1" && answer.json["token_type"]?.text == "Bearer")
      #expect(answer.header("Cache-Control") == "no-store" && answer.header("Pragma") == "no-cache")
      let sent = try WireJSON.decode(
        RedeemClientCode.self, from: try #require(gateway.calls(ClientTokenEndpoints.redeem).first).body)
      #expect(sent.codeChallenge == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM")
      #expect(sent.redirectUri == ClientWorld.redirectUri && sent.target?.mcpServerId?.rawValue == "mcp_1")
      #expect(sent.credential.secret.expose { $0.count == 64 })
      #expect(
        try await post(gateway, "/oauth/token", "grant_type=refresh_token&client_id=mcl_1&refresh_token=lyr_0").status
          == 200)
      for canary in ["lyc_1", "lym_1", "lyr_1", "lyr_0", verifier] { #expect(!gateway.log.text.contains(canary)) }
    }
  }

  @Test func whatIsRefusedIsSaidInTheWordsOfOAuth() async throws {
    try await RunningGateway.with { gateway async throws in
      gateway.neighbours.on(ClientTokenEndpoints.redeem, ClientTokenAnswer(refusal: .invalidGrant))
      gateway.neighbours.on(ClientTokenEndpoints.refresh, ClientTokenAnswer(refusal: .invalidTarget))
      let verifier = String(repeating: "v", count: 43)
      let code = "grant_type=authorization_code&client_id=c&code=x&redirect_uri=y&code_verifier=\(verifier)"
      for (body, status, error) in [
        (code, 400, "invalid_grant"), ("\(code)&client_id=d", 400, "invalid_request"),
        ("\(code)&client_secret=s", 401, "invalid_client"), ("\(code)&client_assertion=s", 401, "invalid_client"),
        ("\(code)&resource=https://evil.example/mcp", 400, "invalid_target"),
        ("grant_type=authorization_code&client_id=c&code=x&redirect_uri=y", 400, "invalid_request"),
        ("grant_type=authorization_code&client_id=c&code=x&redirect_uri=y&code_verifier=short", 400, "invalid_grant"),
        ("grant_type=authorization_code&client_id=c&redirect_uri=y&code_verifier=\(verifier)", 400, "invalid_request"),
        ("grant_type=refresh_token&client_id=c&refresh_token=r", 400, "invalid_target"),
        ("grant_type=refresh_token&refresh_token=r", 400, "invalid_request"),
        ("grant_type=client_credentials&client_id=c", 400, "unsupported_grant_type"),
        ("grant_type=password&client_id=c&username=u&password=p", 400, "unsupported_grant_type"),
        ("client_id=c", 400, "unsupported_grant_type"), ("", 400, "invalid_request"),
      ] {
        let answer = try await post(gateway, "/oauth/token", body)
        #expect(answer.status == status && answer.json["error"]?.text == error, "\(body): \(answer.text)")
        #expect(answer.header("Cache-Control") == "no-store")
      }
      let basic = try await post(gateway, "/oauth/token", code, headers: ["Authorization": "Basic Yzpz"])
      #expect(basic.status == 401 && basic.header("WWW-Authenticate")?.hasPrefix("Basic") == true)
      let json = try await post(gateway, "/oauth/token", "{}", headers: ["Content-Type": "application/json"])
      #expect(json.json["error"]?.text == "invalid_request")
      gateway.neighbours.fail(ClientTokenEndpoints.redeem, ServiceError(.unavailable, "Away."))
      let away = try await post(gateway, "/oauth/token", code)
      #expect(away.status == 503 && away.json["error"]?.text == "temporarily_unavailable")
    }
  }

  @Test func guessingIsBounded() async throws {
    try await RunningGateway.with(variables: ["LANYARD_LIMITS_REFUSED_CREDENTIALS_PER_ADDRESS": "2"]) {
      gateway async throws in
      gateway.neighbours.on(ClientTokenEndpoints.refresh, ClientTokenAnswer(refusal: .invalidGrant))
      var statuses: [Int] = []
      for _ in 0..<4 {
        statuses.append(
          try await post(gateway, "/oauth/token", "grant_type=refresh_token&client_id=c&refresh_token=r").status)
      }
      #expect(statuses == [400, 400, 429, 429])
    }
  }

  @Test func revokingIsAnsweredAlikeWhateverTheToken() async throws {
    try await RunningGateway.with { gateway async throws in
      gateway.neighbours.on(ClientTokenEndpoints.revoke, Empty())
      #expect(
        try await post(gateway, "/oauth/revoke", "client_id=c&token=lyr_1&token_type_hint=refresh_token").status == 200)
      #expect(try await post(gateway, "/oauth/revoke", "client_id=c").json["error"]?.text == "invalid_request")
      #expect(try await post(gateway, "/oauth/revoke", "token=lyr_1").json["error"]?.text == "invalid_request")
    }
  }

  // MARK: Registration

  @Test func aClientRegistersWithoutASecret() async throws {
    try await RunningGateway.with { gateway async throws in
      gateway.neighbours.on(
        RegisteredClientEndpoints.register,
        RegisteredClient(
          id: RegisteredClientID(rawValue: "mcl_1"), name: "Editor", redirectUris: [ClientWorld.redirectUri],
          createdAt: Date(timeIntervalSince1970: 1_000)))
      func register(_ json: String) async throws -> RunningGateway.Answer {
        try await gateway.call("POST", "/oauth/register", as: nil, json: json)
      }
      let answer = try await register(
        #"{"client_name":"Ed\u202eitor","redirect_uris":["\#(ClientWorld.redirectUri)"],"token_endpoint_auth_method":"client_secret_post","application_type":"native","x":1}"#
      )
      #expect(answer.status == 201 && answer.json["client_id"]?.text == "mcl_1")
      #expect(answer.json["client_secret"] == nil && answer.json["token_endpoint_auth_method"]?.text == "none")
      #expect(answer.json["client_id_issued_at"] == .integer(1_000) && answer.header("Cache-Control") == "no-store")
      let sent = try WireJSON.decode(
        RegisterClient.self, from: try #require(gateway.calls(RegisteredClientEndpoints.register).first).body)
      #expect(sent.name == "Ed itor")
      for (json, error) in [
        ("{}", "invalid_redirect_uri"), (#"{"redirect_uris":[]}"#, "invalid_redirect_uri"),
        (#"{"redirect_uris":["http://evil.example/cb"]}"#, "invalid_redirect_uri"),
        (#"{"redirect_uris":["https://e.example/cb#f"]}"#, "invalid_redirect_uri"),
        (#"{"redirect_uris":["cursor://cb"]}"#, "invalid_redirect_uri"),
        (#"{"redirect_uris":"https://e.example/cb"}"#, "invalid_client_metadata"), ("[", "invalid_client_metadata"),
        (#"{"redirect_uris":["https://e.example/cb"],"grant_types":["implicit"]}"#, "invalid_client_metadata"),
        (#"{"redirect_uris":["https://e.example/cb"],"response_types":["token"]}"#, "invalid_client_metadata"),
      ] {
        let refused = try await register(json)
        #expect(refused.status == 400 && refused.json["error"]?.text == error, "\(json)")
      }
      #expect(gateway.calls(RegisteredClientEndpoints.register).count == 1)
    }
  }

  @Test func registrationIsBoundedAndCanBeTurnedOff() async throws {
    let register = #"{"redirect_uris":["https://e.example/cb"]}"#
    try await RunningGateway.with(variables: ["LANYARD_LIMITS_CLIENT_REGISTRATIONS_PER_ADDRESS": "1"]) {
      gateway async throws in
      _ = try await gateway.call("POST", "/oauth/register", as: nil, json: register)
      let second = try await gateway.call("POST", "/oauth/register", as: nil, json: register)
      #expect(second.status == 429 && second.header("Retry-After") != nil)
    }
    try await RunningGateway.with(variables: ["LANYARD_CLIENT_REGISTRATION": "disabled"]) { gateway async throws in
      let refused = try await gateway.call("POST", "/oauth/register", as: nil, json: register)
      #expect(refused.status == 403 && refused.json["error"]?.text == "access_denied")
      let server = try await gateway.call("GET", "/.well-known/oauth-authorization-server", as: nil).json
      #expect(server["registration_endpoint"] == nil)
    }
  }

  // MARK: Runtimes

  @Test func aRuntimeGetsServersInItsVendorsWords() async throws {
    try await RunningGateway.with { gateway async throws in
      let server = MCPServerDescriptor(
        id: MCPServerID(rawValue: "mcp_1"), name: "Mail", description: "Reads mail", allowedTools: ["read"],
        needsConnection: true)
      var open = server
      open.id = MCPServerID(rawValue: "mcp_2")
      open.allowedTools = nil
      gateway.neighbours.on(
        RuntimeEndpoints.servers,
        RuntimeServers(servers: [
          RuntimeServer(descriptor: server, slug: "mail", token: WireSecret("lym_1"), expiresAt: .now + 600),
          RuntimeServer(descriptor: open, slug: "open", token: WireSecret("lym_2"), expiresAt: .now + 600),
        ]))
      func servers(_ query: String) async throws -> JSONValue {
        let answer = try await gateway.call("GET", "/v1/runtime/mcp-servers\(query)")
        #expect(answer.status == 200 && answer.header("Cache-Control") == "no-store")
        return answer.json
      }
      func element(_ value: JSONValue?, _ index: Int) -> JSONValue? {
        if case .array(let elements)? = value, elements.indices.contains(index) { elements[index] } else { nil }
      }
      let url = "\(RunningGateway.publicURL)/mcp/mcp_1"
      let generic = element(try await servers("")["items"], 0)
      #expect(generic?["url"]?.text == url && generic?["authorizationToken"]?.text == "lym_1")
      #expect(generic?["transport"]?.text == "streamable-http" && generic?["allowedTools"] == .array([.string("read")]))
      let anthropic = try await servers("?format=anthropic&charmId=c")
      let first = element(anthropic["mcp_servers"], 0)
      #expect(first?["type"]?.text == "url" && first?["name"]?.text == "mail" && first?["url"]?.text == url)
      #expect(first?["authorization_token"]?.text == "lym_1")
      let toolset = element(anthropic["tools"], 0)
      #expect(toolset?["type"]?.text == "mcp_toolset" && toolset?["mcp_server_name"]?.text == "mail")
      #expect(
        toolset?["default_config"]?["enabled"] == .bool(false)
          && toolset?["configs"]?["read"]?["enabled"] == .bool(true))
      #expect(element(anthropic["tools"], 1)?["default_config"] == nil)
      let openai = element(try await servers("?format=openai")["tools"], 0)
      #expect(openai?["type"]?.text == "mcp" && openai?["server_label"]?.text == "mail")
      #expect(openai?["server_url"]?.text == url && openai?["authorization"]?.text == "lym_1")
      #expect(openai?["allowed_tools"] == .array([.string("read")]))
      #expect(try await gateway.call("GET", "/v1/runtime/mcp-servers?format=other").status == 400)
      let asked = try gateway.calls(RuntimeEndpoints.servers).map {
        try WireJSON.decode(OnBehalf<RuntimeRequest>.self, from: $0.body).request.charmId
      }
      #expect(asked == [nil, "c", nil])
    }
  }
}
