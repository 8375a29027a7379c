import Foundation
import Model
import TestSupport
import Testing

@testable import GatewayKit

/// An MCP client's person decides: the page, its form, and what goes back to the client.
@Suite struct AuthorizeTests {
  @Test func thePageSaysWhoAsksForWhatOnWhoseBehalf() async throws {
    try await ClientWorld.with { world async throws in
      let page = try await world.ask()
      #expect(page.status == 200 && page.header("Content-Type") == "text/html; charset=utf-8")
      for text in [
        "Editor", "nobody has checked it", "127.0.0.1:5000", "a program on this computer",
        "Any program on this computer",
        "Acme", "maya@example.com", "Mail", "Files", "every MCP server",
      ] { #expect(page.text.contains(text), "\(text)") }
      let policy = try #require(page.header("Content-Security-Policy"))
      #expect(policy.contains("frame-ancestors 'none'") && !policy.contains("script-src"))
      #expect(policy.contains("form-action 'self' http://127.0.0.1:5000;"), "the form leads to this client alone")
      #expect(page.header("X-Frame-Options") == "DENY" && page.header("Cache-Control") == "no-store")
      #expect(!page.text.contains("<script"))
      let one = try await world.ask(
        ClientWorld.query(["resource": "\(RunningGateway.publicURL)/mcp/mcp_1", "redirect_uri": "https://e.example/cb"])
      )
      #expect(one.text.contains("the MCP server <strong>Mail</strong>") && !one.text.contains("on this computer"))
    }
  }

  @Test func allowAndDeclineGoBackToTheClientWithStateAndIssuer() async throws {
    try await ClientWorld.with { world async throws in
      let allowed = try await world.decide("allow")
      #expect(allowed.status == 303 && allowed.header("Referrer-Policy") == "no-referrer")
      #expect(allowed.header("Location")?.hasPrefix("\(ClientWorld.redirectUri)?code=") == true)
      let code = try ClientWorld.parameters(of: allowed)
      #expect(code == ["code": "lyc_code", "state": "s t&1", "iss": RunningGateway.publicURL])
      for decision in ["deny", "", "Allow", "allow2"] {
        let declined = try ClientWorld.parameters(of: try await world.decide(decision))
        #expect(declined["error"] == "access_denied" && declined["code"] == nil)
        #expect(declined["state"] == "s t&1" && declined["iss"] == RunningGateway.publicURL)
      }
      let sent = try #require(world.gateway.calls(ClientAuthorizationEndpoints.authorize).first)
      let request = try WireJSON.decode(OnBehalf<AuthorizeClient>.self, from: sent.body).request
      #expect(request.codeChallenge == ClientWorld.challenge && request.request.redirectUri == ClientWorld.redirectUri)
      #expect(world.gateway.calls(ClientAuthorizationEndpoints.authorize).count == 1)
      #expect(!world.gateway.log.text.contains("lyc_code"))
    }
  }

  @Test func aQueryOfTheRedirectAddressStays() async throws {
    try await ClientWorld.with { world async throws in
      let address = "https://e.example/cb?tenant=1"
      world.gateway.neighbours.on(
        RegisteredClientEndpoints.show,
        RegisteredClient(
          id: RegisteredClientID(rawValue: "mcl_1"), name: "E", redirectUris: [address], createdAt: .now))
      let answer = try await world.decide("allow", ClientWorld.query(["redirect_uri": address]))
      #expect(answer.header("Location")?.hasPrefix("\(address)&code=lyc_code") == true)
    }
  }

  @Test func nobodyIsSentToAnAddressThatTheClientHasNotNamed() async throws {
    try await ClientWorld.with { world async throws in
      var tried = 0
      let addresses: [String?] = [
        nil, "", "https://evil.example/cb", "https://e.example/cb/", "https://e.example/cb?x", "https://e.example/cb#x",
        "https://e.example:8443/cb", "https://e.example@evil.example/cb", "https://e.example.evil.example/cb",
        "http://e.example/cb", "https://E.example/cb", "//e.example/cb", "/cb", "javascript:alert(1)",
        "data:text/html,x", "http://localhost:5000/cb", "http://127.0.0.1:5000/cb/../x",
        "http://127.0.0.1.evil.example/cb",
        "http://127.0.0.1:5000@evil.example/cb", "http://127.0.0.1:0/cb", "http://127.0.0.1:5000\\@evil.example/cb",
        "myapp://cb", "com.example.app:/cb", "https://e.example/cb\r\nX: y", "https://e.example/c%62",
      ]
      for address in addresses {
        let answer = try await world.ask(ClientWorld.query(["redirect_uri": address]))
        #expect(answer.status == 400 && answer.header("Location") == nil, "\(address ?? "none")")
        #expect(answer.text.contains("This could not be continued"))
        tried += 1
      }
      for id in [
        nil, "", "mcl_", "nobody", "http://evil.example/c.json", "https://e.example", "https://e.example/../c",
        "https://u@e.example/c.json", "https://127.0.0.1/c.json", "https://localhost/c.json", "ftp://e.example/c",
      ] as [String?] {
        let answer = try await world.ask(ClientWorld.query(["client_id": id]))
        #expect(answer.status == 400 && answer.header("Location") == nil, "\(id ?? "none")")
        tried += 1
      }
      for twice in ["client_id", "redirect_uri", "state", "code_challenge", "response_type"] {
        let answer = try await world.ask(ClientWorld.query(more: "&\(twice)=x"))
        #expect(answer.status == 400 && answer.header("Location") == nil, "\(twice)")
        tried += 1
      }
      #expect(world.gateway.calls(ClientAuthorizationEndpoints.authorize).isEmpty)
      print("figure: \(tried) requests with a wrong client or address, 0 sent anybody anywhere")
    }
  }

  @Test func everythingElseThatIsWrongIsAnsweredToTheClient() async throws {
    try await ClientWorld.with { world async throws in
      let resource = "\(RunningGateway.publicURL)/mcp"
      let cases: [([String: String?], String)] = [
        (["response_type": "token"], "unsupported_response_type"),
        (["response_type": nil], "unsupported_response_type"),
        (["code_challenge": nil], "invalid_request"), (["code_challenge_method": "plain"], "invalid_request"),
        (["code_challenge_method": nil], "invalid_request"), (["code_challenge": "short"], "invalid_request"),
        (["code_challenge": String(repeating: "=", count: 43)], "invalid_request"),
        (["response_mode": "fragment"], "invalid_request"), (["request": "eyJ"], "request_not_supported"),
        (["request_uri": "https://e.example/r"], "request_uri_not_supported"),
        (["resource": nil], "invalid_target"), (["resource": "\(resource)/"], "invalid_target"),
        (["resource": "https://evil.example/mcp"], "invalid_target"),
        (["resource": RunningGateway.publicURL], "invalid_target"),
        (["resource": "\(resource)?x"], "invalid_target"), (["resource": "\(resource)/nonsense"], "invalid_target"),
        (["resource": resource.uppercased()], "invalid_target"),
      ]
      for (changes, error) in cases {
        let answer = try await world.ask(ClientWorld.query(changes))
        let parameters = try ClientWorld.parameters(of: answer)
        #expect(answer.status == 303 && parameters["error"] == error, "\(changes)")
        #expect(
          parameters["state"] == "s t&1" && parameters["iss"] == RunningGateway.publicURL && parameters["code"] == nil)
      }
      let twice = try await world.ask(ClientWorld.query(more: "&resource=\(resource)/mcp_1"))
      #expect(try ClientWorld.parameters(of: twice)["error"] == "invalid_target")
      world.gateway.neighbours.fail(ClientAuthorizationEndpoints.review, ServiceError(.notFound, "No."))
      #expect(try ClientWorld.parameters(of: try await world.ask())["error"] == "invalid_target")
    }
  }

  @Test func aStrangersFormIsRefused() async throws {
    try await ClientWorld.with { world async throws in
      let other = ClientWorld.query(["resource": "\(RunningGateway.publicURL)/mcp/mcp_2"])
      for (name, posted, token, headers) in [
        ("no token", nil, "", [:]), ("another token", nil, String(repeating: "0", count: 64), [:]),
        ("another request", other, nil, [:]),
        ("another state", ClientWorld.query(["state": "x"]), nil, [:]),
        ("another site", nil, nil, ["Sec-Fetch-Site": "cross-site"]),
        ("another origin", nil, nil, ["Origin": "https://evil.example"]),
        ("a sandboxed frame", nil, nil, ["Origin": "null"]),
        ("another browser", nil, nil, ["Cookie": ClientWorld.cookie]),
        ("another content type", nil, nil, ["Content-Type": "text/plain"]),
      ] as [(String, String?, String?, [String: String])] {
        let answer = try await world.decide("allow", posted: posted, token: token, headers: headers)
        #expect((400..<500).contains(answer.status) && answer.header("Location") == nil, "\(name)")
      }
      #expect(world.gateway.calls(ClientAuthorizationEndpoints.authorize).isEmpty)
    }
  }

  @Test func whoIsNotSignedInIsAskedToAndComesBack() async throws {
    try await ClientWorld.with { world async throws in
      let answer = try await world.ask(cookie: "")
      #expect(answer.status == 403 && answer.header("Location") == nil)
      #expect(answer.values("Set-Cookie").contains { $0.hasPrefix("lanyard-return=") })
      #expect(world.gateway.calls(RegisteredClientEndpoints.show).isEmpty, "strangers make us ask nobody")
      world.gateway.neighbours.fail(BrowserSessionEndpoints.verify, ServiceError(.unauthenticated, "Ended."))
      #expect(try await world.ask().status == 403)
    }
  }

  @Test func whatIsRememberedIsAskedAgainUnlessThePersonCameByThemselves() async throws {
    try await ClientWorld.with { world async throws in
      world.gateway.neighbours.on(
        ClientAuthorizationEndpoints.review, ClientRequestReview(servers: ["Mail"], isRemembered: true))
      let opened = ["Sec-Fetch-Site": "none", "Sec-Fetch-Dest": "document"]
      #expect(try await world.ask(headers: opened).status == 303)
      // Another site leads here, or did before the person signed in; an old browser does not say.
      for site in ["cross-site", "same-site", "same-origin", "", "None"] {
        let headers = opened.merging(["Sec-Fetch-Site": site]) { $1 }
        #expect(try await world.ask(headers: headers).status == 200, "\(site)")
      }
      for destination in ["iframe", "frame", "empty", "image", "embed", "object", ""] {
        let headers = opened.merging(["Sec-Fetch-Dest": destination]) { $1 }
        #expect(try await world.ask(headers: headers).status == 200, "\(destination)")
      }
      for name in opened.keys { #expect(try await world.ask(headers: opened.filter { $0.key != name }).status == 200) }
      #expect(try await world.ask().status == 200)
      let peek = try await world.gateway.call(
        "HEAD", "/oauth/authorize?\(ClientWorld.query())", as: nil,
        headers: opened.merging(["Cookie": ClientWorld.cookie]) { $1 })
      #expect(peek.status == 200)
      #expect(world.gateway.calls(ClientAuthorizationEndpoints.authorize).count == 1)
    }
  }

  @Test func hostileNamesStayText() async throws {
    try await ClientWorld.with { world async throws in
      world.gateway.neighbours.on(
        RegisteredClientEndpoints.show,
        RegisteredClient(
          id: RegisteredClientID(rawValue: "mcl_1"),
          name: "<script>x</script>\"'\u{202E}moc" + String(repeating: "n", count: 90),
          redirectUris: [ClientWorld.redirectUri], createdAt: .now))
      let text = try await world.ask(ClientWorld.query(["state": "\"><script>y</script>"])).text
      #expect(!text.contains("<script") && text.contains("&lt;script&gt;") && !text.unicodeScalars.contains("\u{202E}"))
    }
  }

  @Test func onePersonCannotMakeUsWorkWithoutEnd() async throws {
    try await ClientWorld.with(variables: ["LANYARD_LIMITS_AUTHORIZATIONS_PER_USER": "2"]) { world async throws in
      var statuses: [Int] = []
      for _ in 0..<3 { statuses.append(try await world.ask().status) }
      #expect(statuses == [200, 200, 429])
    }
  }
}
