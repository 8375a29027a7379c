import Foundation
import Model
import TestSupport
import Testing

@testable import GatewayKit

/// The connect page, its two buttons, and the way back from the provider.
@Suite struct ConnectPageTests {
  private static let form = "application/x-www-form-urlencoded"

  @Test func thePageComesWithStrictHeadersAndABrowserCookie() async throws {
    try await RunningGateway.with { gateway async throws in
      let page = try await gateway.call("GET", "/connect/flw_1", as: nil)
      #expect(page.status == 200 && page.header("Content-Type") == "text/html; charset=utf-8")
      let policy = try #require(page.header("Content-Security-Policy"))
      for rule in ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"] {
        #expect(policy.contains(rule))
      }
      #expect(!policy.contains("script-src") && !policy.contains("unsafe"))
      #expect(page.header("X-Frame-Options") == "DENY" && page.header("Cache-Control") == "no-store")
      #expect(page.header("Referrer-Policy") == "same-origin", "no-referrer would make browsers send Origin: null")
      let cookie = try #require(page.header("Set-Cookie"))
      #expect(cookie.hasPrefix("lanyard-browser=") && cookie.contains("; HttpOnly; SameSite=Lax"))
      #expect(cookie.contains("Path=/") && !cookie.contains("Domain"))
      #expect(page.text.contains("Notes") && page.text.contains("GitHub") && page.text.contains("maya@example.com"))
      #expect(!page.text.contains("<script") && !page.text.contains("http://") && !page.text.contains("https://"))
    }
  }

  @Test func onHttpsTheCookieIsBoundToTheHostAndPagesToHttps() async throws {
    try await RunningGateway.with(variables: ["LANYARD_PUBLIC_URL": "https://connect.example.com"]) {
      gateway async throws in
      let page = try await gateway.call("GET", "/connect/flw_1", as: nil)
      let cookie = try #require(page.header("Set-Cookie"))
      #expect(cookie.hasPrefix("__Host-lanyard-browser=") && cookie.hasSuffix("; Secure"))
      #expect(page.header("Strict-Transport-Security")?.hasPrefix("max-age=31536000") == true)
      #expect(try await gateway.call("GET", "/v1/me", as: nil).header("Strict-Transport-Security") != nil)
    }
  }

  @Test func hostileNamesStayText() async throws {
    try await RunningGateway.with { gateway async throws in
      let n = gateway.neighbours
      let hostile = ApplicationDescription(
        id: "a", name: "<script>alert(1)</script>\"'\u{202E}moc", description: "<img src=x onerror=1>\n\u{200B}x")
      n.on(FlowEndpoints.facts, n.facts(n.createFlow(application: hostile)))
      let text = try await gateway.call("GET", "/connect/flw_1", as: nil).text
      #expect(!text.contains("<script") && !text.contains("<img") && text.contains("&lt;script&gt;"))
      #expect(!text.unicodeScalars.contains("\u{202E}") && !text.unicodeScalars.contains("\u{200B}"))
      n.on(
        FlowEndpoints.facts,
        n.facts(n.createFlow(application: ApplicationDescription(id: "a", name: String(repeating: "long ", count: 90))))
      )
      #expect(try await gateway.call("GET", "/connect/flw_1", as: nil).text.count < 4_000)
    }
  }

  @Test func continueLeadsToTheProviderBy303() async throws {
    try await RunningGateway.with { gateway async throws in
      gateway.neighbours.on(
        AuthorizationEndpoints.start, StartedAuthorization(authorizationUrl: WireSecret("https://github.com/a?state=s"))
      )
      let (cookie, token) = try await Self.open(gateway)
      let answer = try await Self.press(gateway, "continue", cookie, token)
      #expect(answer.status == 303 && answer.header("Location") == "https://github.com/a?state=s")
      #expect(answer.header("Referrer-Policy") == "no-referrer")
      let started = try WireJSON.decode(
        StartAuthorization.self, from: try #require(gateway.calls(AuthorizationEndpoints.start).first).body)
      #expect(started.browserHash.count == 64 && !cookie.contains(started.browserHash))
    }
  }

  @Test func cancelEndsTheFlow() async throws {
    try await RunningGateway.with { gateway async throws in
      let (cookie, token) = try await Self.open(gateway)
      let answer = try await Self.press(gateway, "cancel", cookie, token)
      #expect(answer.status == 303 && answer.header("Location") == "\(RunningGateway.publicURL)/connect/flw_1")
      let failed = try WireJSON.decode(FailFlow.self, from: try #require(gateway.calls(FlowEndpoints.fail).first).body)
      #expect(failed.failure.code == .userCancelled)
    }
  }

  @Test func foreignFormsAreRefused() async throws {
    try await RunningGateway.with { gateway async throws in
      let (cookie, token) = try await Self.open(gateway)
      let (_, foreign) = try await Self.open(gateway)
      let (_, other) = try await Self.open(gateway, "flw_2", cookie: cookie)
      for button in ["continue", "cancel"] {
        for (name, cookie, token, headers) in [
          ("no token", cookie, "", [:]), ("another browser's token", cookie, foreign, [:]),
          ("another flow's token", cookie, other, [:]), ("no cookie", "", token, [:]),
          ("a cookie of another make", "lanyard-browser=x", token, [:]),
          ("another site", cookie, token, ["Sec-Fetch-Site": "cross-site"]),
          ("a sibling site", cookie, token, ["Sec-Fetch-Site": "same-site"]),
          ("another origin", cookie, token, ["Origin": "https://evil.example"]),
          ("a sandboxed frame", cookie, token, ["Origin": "null"]),
          ("another content type", cookie, token, ["Content-Type": "text/plain"]),
        ] {
          let answer = try await Self.press(gateway, button, cookie, token, headers)
          #expect((400..<500).contains(answer.status), "\(button): \(name)")
          #expect(answer.header("Content-Type")?.hasPrefix("text/html") == true)
        }
      }
      #expect(gateway.calls(AuthorizationEndpoints.start).isEmpty && gateway.calls(FlowEndpoints.fail).isEmpty)
    }
  }

  @Test func anEndedFlowSaysHowAndAnUnknownOneDoesNotExist() async throws {
    try await RunningGateway.with { gateway async throws in
      let n = gateway.neighbours
      n.on(FlowEndpoints.facts, n.facts(status: FlowStatus(status: .completed, connectionId: .random())))
      let done = try await gateway.call("GET", "/connect/flw_1", as: nil)
      #expect(done.text.contains("GitHub is connected") && !done.text.contains("<form"))
      n.on(
        FlowEndpoints.facts,
        n.facts(status: FlowStatus(status: .failed, error: .init(code: .flowExpired, message: "Start again."))))
      #expect(try await gateway.call("GET", "/connect/flw_1", as: nil).text.contains("This took too long"))
      n.fail(FlowEndpoints.facts, ServiceError(.flowNotFound, "No such flow."))
      for id in ["flw_9", "nonsense"] {
        let unknown = try await gateway.call("GET", "/connect/\(id)", as: nil)
        #expect(unknown.status == 404 && unknown.text.contains("flow_not_found"))
      }
    }
  }

  @Test func theCallbackEndsOnThePageWithoutTheCode() async throws {
    try await RunningGateway.with { gateway async throws in
      gateway.neighbours.on(
        AuthorizationEndpoints.callback, AuthorizationOutcome(facts: gateway.neighbours.facts(), account: nil))
      let (cookie, _) = try await Self.open(gateway)
      let answer = try await gateway.call(
        "GET", "/oauth/callback/key1?state=s&code=c&iss=https%3A%2F%2Fgithub.com&realm=7", as: nil,
        headers: ["Cookie": cookie])
      #expect(answer.status == 303 && answer.header("Location") == "\(RunningGateway.publicURL)/connect/flw_1")
      let sent = try WireJSON.decode(
        AuthorizationCallback.self, from: try #require(gateway.calls(AuthorizationEndpoints.callback).first).body)
      #expect(sent.issuer == "https://github.com" && sent.redirectKey == "key1" && sent.parameters == ["realm": "7"])
      #expect(sent.state.secret.expose { $0 } == "s" && sent.code?.secret.expose { $0 } == "c")
    }
  }

  @Test func aCallbackThatIsNotOursIsRefusedBeforeAnyoneIsAsked() async throws {
    try await RunningGateway.with { gateway async throws in
      let (cookie, _) = try await Self.open(gateway)
      for (method, query, cookie) in [
        ("GET", "state=s&code=c", ""), ("GET", "code=c", cookie), ("GET", "state=&code=c", cookie),
        ("GET", "state=s&state=t&code=c", cookie), ("GET", "state=s&code=c&code=d", cookie),
        ("HEAD", "state=s&code=c", cookie),
      ] {
        let answer = try await gateway.call(method, "/oauth/callback?\(query)", as: nil, headers: ["Cookie": cookie])
        #expect(answer.status == (method == "HEAD" ? 405 : 400), "\(method) \(query)")
        #expect(answer.header("Referrer-Policy") == "no-referrer")
      }
      #expect(gateway.calls(AuthorizationEndpoints.callback).isEmpty)
    }
  }

  @Test func callbacksAreBoundedPerAddressThatTheProxySaw() async throws {
    let variables = [
      "LANYARD_LIMITS_CALLBACKS_PER_ADDRESS": "2", "LANYARD_PUBLIC_ADDRESS_HEADER": "X-Forwarded-For",
    ]
    try await RunningGateway.with(variables: variables) { gateway async throws in
      func status(_ forwarded: String) async throws -> Int {
        try await gateway.call("GET", "/oauth/callback", as: nil, headers: ["X-Forwarded-For": forwarded]).status
      }
      var statuses: [Int] = []
      // What the caller wrote itself does not count.
      for forwarded in ["192.0.2.1", "192.0.2.1", "198.51.100.9, 192.0.2.1", "192.0.2.2"] {
        statuses.append(try await status(forwarded))
      }
      #expect(statuses == [400, 400, 429, 400])
    }
  }

  /// Opens the page as a browser does. Returns the cookie and the form's token.
  private static func open(
    _ gateway: RunningGateway, _ id: String = "flw_1", cookie: String = ""
  ) async throws -> (cookie: String, token: String) {
    let n = gateway.neighbours
    n.on(FlowEndpoints.facts) {
      try .json(n.facts(id: try WireJSON.decode(Reference<FlowKind>.self, from: $0.body).id))
    }
    let page = try await gateway.call(
      "GET", "/connect/\(id)", as: nil, headers: cookie.isEmpty ? [:] : ["Cookie": cookie])
    let set = try #require(page.header("Set-Cookie")?.split(separator: ";").first)
    let match = try #require(page.text.firstMatch(of: /name="csrf" value="([0-9a-f]+)"/))
    return (String(set), String(match.1))
  }

  private static func press(
    _ gateway: RunningGateway, _ button: String, _ cookie: String, _ token: String, _ headers: [String: String] = [:]
  ) async throws -> RunningGateway.Answer {
    try await gateway.call(
      "POST", "/connect/flw_1/\(button)", as: nil, json: "csrf=\(token)",
      headers: ["Content-Type": form, "Cookie": cookie].merging(headers) { $1 })
  }
}
