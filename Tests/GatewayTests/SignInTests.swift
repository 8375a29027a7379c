import Foundation
import Model
import NIOHTTP1
import TestSupport
import Testing

@testable import GatewayKit

/// Signing in by a link, signing out, and who is let on to the connect page.
@Suite struct SignInTests {
  private static let form = "application/x-www-form-urlencoded"
  private static let link = "lyl_" + String(repeating: "a", count: 43)
  private static let cookie = "lanyard-session=lyb_" + String(repeating: "b", count: 43)
  private static let handedOver = "lanyard-handover=lyb_" + String(repeating: "c", count: 43)

  @Test func lookingAtALinkSpendsNothing() async throws {
    try await RunningGateway.with { gateway async throws in
      gateway.neighbours.linkFor("ada@example.com")
      for method in ["GET", "HEAD", "GET"] {
        let page = try await gateway.call(method, "/sign-in/\(Self.link)", as: nil)
        #expect(page.status == 200 && page.header("Cache-Control") == "no-store")
        #expect(method == "HEAD" || page.text.contains("ada@example.com") && page.text.contains("Acme"))
        #expect(page.header("Content-Security-Policy")?.contains("frame-ancestors 'none'") == true)
      }
      #expect(gateway.calls(BrowserSessionEndpoints.signIn).isEmpty)
    }
  }

  @Test func theButtonSignsInWithANewCookieAndLeadsOn() async throws {
    try await RunningGateway.with { gateway async throws in
      let n = gateway.neighbours
      n.linkFor("maya@example.com")
      let (browser, token) = try await Self.open(gateway, "?next=%2Fconnect%2Fflw_1")
      let answer = try await Self.press(
        gateway, "/sign-in/\(Self.link)", "csrf=\(token)&next=%2Fconnect%2Fflw_1", cookie: browser)
      #expect(answer.status == 303 && answer.header("Location") == "\(RunningGateway.publicURL)/connect/flw_1")
      let set = try #require(answer.headers["Set-Cookie"].first { $0.hasPrefix("lanyard-session=lyb_new") })
      #expect(set.contains("; Path=/; HttpOnly; SameSite=Lax; Max-Age=") && !set.contains("Domain"))
      #expect(!answer.text.contains("lyb_"))
    }
  }

  @Test(arguments: [
    "//evil.example", "/%5Cevil.example", "https://evil.example/", "javascript:alert(1)", "/\\/evil.example",
    "evil.example", "/a%0d%0aSet-Cookie:x=1", "", "/%22%3E%3Cscript%3E", "/\u{202E}",
  ])
  func nothingLeadsAwayFromHere(next: String) async throws {
    try await RunningGateway.with { gateway async throws in
      gateway.neighbours.linkFor("maya@example.com")
      let (browser, token) = try await Self.open(gateway)
      let value = next.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
      let body = "csrf=\(token)&next=\(next.contains("%") ? next : value)"
      let answer = try await Self.press(gateway, "/sign-in/\(Self.link)", body, cookie: browser)
      #expect(answer.status == 303 && answer.header("Location") == "\(RunningGateway.publicURL)/console/")
    }
  }

  @Test func foreignFormsSignNobodyInOrOut() async throws {
    try await RunningGateway.with { gateway async throws in
      gateway.neighbours.linkFor("maya@example.com")
      let (browser, token) = try await Self.open(gateway)
      let (_, foreign) = try await Self.open(gateway)
      for (name, body, cookie, headers) in [
        ("no token", "csrf=", browser, [:]), ("another browser's token", "csrf=\(foreign)", browser, [:]),
        ("no cookie", "csrf=\(token)", "", [:]), ("a sandboxed frame", "csrf=\(token)", browser, ["Origin": "null"]),
        ("another site", "csrf=\(token)", browser, ["Sec-Fetch-Site": "cross-site"]),
        ("another origin", "csrf=\(token)", browser, ["Origin": "https://evil.example"]),
        ("another content type", "csrf=\(token)", browser, ["Content-Type": "text/plain"]),
      ] {
        for path in ["/sign-in/\(Self.link)", "/sign-out"] {
          let answer = try await Self.press(gateway, path, body, cookie: cookie, headers)
          #expect((400..<500).contains(answer.status), "\(path): \(name)")
          #expect(answer.headers["Set-Cookie"].allSatisfy { !$0.contains("lyb_") })
        }
      }
      #expect(gateway.calls(BrowserSessionEndpoints.signIn).isEmpty)
      #expect(gateway.calls(BrowserSessionEndpoints.end).isEmpty)
    }
  }

  @Test func aUselessLinkSaysSoAndGuessingIsBounded() async throws {
    let variables = ["LANYARD_LIMITS_REFUSED_CREDENTIALS_PER_ADDRESS": "3"]
    try await RunningGateway.with(variables: variables) { gateway async throws in
      gateway.neighbours.fail(BrowserSessionEndpoints.showLink, ServiceError(.notFound, "The link was used before."))
      var statuses: [Int] = []
      for path in ["/sign-in/\(Self.link)", "/sign-in/short", "/sign-in/\(Self.link)", "/sign-in/\(Self.link)"] {
        let page = try await gateway.call("GET", path, as: nil)
        statuses.append(page.status)
        #expect(page.status != 404 || page.text.contains("This link does not work"))
      }
      #expect(statuses == [404, 404, 404, 429])
    }
  }

  @Test func somebodyElseMustSignOutFirst() async throws {
    try await RunningGateway.with { gateway async throws in
      let n = gateway.neighbours
      n.linkFor("bob@example.com", user: .random())
      n.signedIn("maya@example.com")
      let page = try await gateway.call("GET", "/sign-in/\(Self.link)", as: nil, headers: ["Cookie": Self.cookie])
      #expect(page.status == 403 && page.text.contains("maya@example.com") && page.text.contains("/sign-out"))
      #expect(!page.text.contains("bob@example.com"))
      let browser = try #require(page.header("Set-Cookie")?.split(separator: ";").first)
      let token = try #require(page.text.firstMatch(of: /name="csrf" value="([0-9a-f]+)"/)).1
      let answer = try await Self.press(
        gateway, "/sign-out", "csrf=\(token)&next=%2Fsign-in%2F\(Self.link)", cookie: "\(browser); \(Self.cookie)")
      #expect(answer.status == 303 && answer.header("Location")?.hasSuffix("/sign-in/\(Self.link)") == true)
      #expect(answer.headers["Set-Cookie"].contains { $0.hasPrefix("lanyard-session=;") && $0.contains("Max-Age=0") })
      #expect(gateway.calls(BrowserSessionEndpoints.end).count == 1)
    }
  }

  @Test func theConsoleSaysWhoIsSignedInOrHowTo() async throws {
    try await RunningGateway.with { gateway async throws in
      let first = try await gateway.call("GET", "/console/", as: nil)
      #expect(first.status == 403 && first.text.contains("Sign in first"))
      #expect(first.headers["Set-Cookie"].contains { $0.hasPrefix("lanyard-return=") })
      gateway.neighbours.signedIn("maya@example.com", role: .owner)
      let page = try await gateway.call("GET", "/console/", as: nil, headers: ["Cookie": Self.cookie])
      #expect(page.status == 200 && page.text.contains("maya@example.com") && page.text.contains("Owner"))
      // What the host's page handed over opens the connect page alone.
      gateway.neighbours.signedIn("maya@example.com", purpose: .connect)
      for cookie in [Self.handedOver, Self.cookie] {
        #expect(try await gateway.call("GET", "/console/", as: nil, headers: ["Cookie": cookie]).status == 403)
      }
    }
  }

  @Test func onlyTheFlowsOwnPersonIsLetOn() async throws {
    let variables = ["LANYARD_CONNECT_SIGN_IN": "required"]
    try await RunningGateway.with(variables: variables) { gateway async throws in
      let n = gateway.neighbours
      func open(_ cookie: String) async throws -> RunningGateway.Answer {
        try await gateway.call("GET", "/connect/flw_1", as: nil, headers: ["Cookie": cookie])
      }
      let nobody = try await open("")
      #expect(nobody.status == 403 && nobody.text.contains("Sign in first") && !nobody.text.contains("GitHub"))
      n.signedIn("maya@example.com")
      #expect(try await open(Self.cookie).text.contains("Connect GitHub"))
      n.signedIn("bob@example.com", user: .random())
      let other = try await open(Self.cookie)
      #expect(other.status == 403 && other.text.contains("bob@example.com") && !other.text.contains("GitHub"))
      n.signedIn("maya@example.com", organization: .random())
      #expect(try await open(Self.cookie).status == 403, "the same person in another organization is another one")
      n.signedIn("maya@example.com", purpose: .connect)
      #expect(try await open(Self.handedOver).text.contains("Connect GitHub"))
      #expect(try await open(Self.cookie).status == 403, "handed over is not signed in")
    }
  }

  @Test func theCallbackSaysWhoCameBackAndNobodyIsRefused() async throws {
    let variables = ["LANYARD_CONNECT_SIGN_IN": "required"]
    try await RunningGateway.with(variables: variables) { gateway async throws in
      let n = gateway.neighbours
      let browser = "lanyard-browser=\(String(repeating: "d", count: 43))"
      func back(_ cookie: String) async throws -> RunningGateway.Answer {
        try await gateway.call("GET", "/oauth/callback?state=s&code=c", as: nil, headers: ["Cookie": cookie])
      }
      #expect(try await back(browser).status == 403)
      #expect(gateway.calls(AuthorizationEndpoints.callback).isEmpty)
      n.signedIn("maya@example.com")
      n.on(AuthorizationEndpoints.callback, AuthorizationOutcome(facts: n.facts(), account: nil))
      #expect(try await back("\(browser); \(Self.cookie)").status == 303)
      let sent = try WireJSON.decode(
        AuthorizationCallback.self, from: try #require(gateway.calls(AuthorizationEndpoints.callback).first).body)
      #expect(sent.person == FlowPerson(organizationId: n.organizationId, userId: n.userId))
      n.fail(AuthorizationEndpoints.callback, ServiceError(.forbidden, "Somebody else."))
      let other = try await back("\(browser); \(Self.cookie)")
      #expect(other.status == 403 && other.text.contains("maya@example.com") && other.text.contains("/sign-out"))
    }
  }

  @Test func aLinkIsMadeWithOurAddress() async throws {
    try await RunningGateway.with { gateway async throws in
      gateway.neighbours.on(
        BrowserSessionEndpoints.createLink, CreatedSignInLink(token: WireSecret(Self.link), expiresAt: .now + 600))
      let answer = try await gateway.call("POST", "/v1/sign-in-links", as: "lyk_key", json: #"{"user":{"id":"u1"}}"#)
      #expect(answer.status == 201 && answer.json["url"]?.text == "\(RunningGateway.publicURL)/sign-in/\(Self.link)")
      #expect(answer.json["expiresAt"] != nil)
    }
  }

  /// Opens the link's page as a browser does. Returns the cookie and the form's token.
  private static func open(
    _ gateway: RunningGateway, _ query: String = ""
  ) async throws -> (cookie: String, token: String) {
    let page = try await gateway.call("GET", "/sign-in/\(link)\(query)", as: nil)
    let set = try #require(page.header("Set-Cookie")?.split(separator: ";").first)
    let match = try #require(page.text.firstMatch(of: /name="csrf" value="([0-9a-f]+)"/))
    return (String(set), String(match.1))
  }

  private static func press(
    _ gateway: RunningGateway, _ path: String, _ body: String, cookie: String, _ headers: [String: String] = [:]
  ) async throws -> RunningGateway.Answer {
    try await gateway.call(
      "POST", path, as: nil, json: body,
      headers: ["Content-Type": form, "Cookie": cookie].merging(headers) { $1 })
  }
}

extension Neighbours {
  /// Links sign this person in from now on.
  fileprivate func linkFor(_ email: String, user: UserID? = nil) {
    let person = Caller.User(id: user ?? userId, externalId: "u1", email: email, name: nil)
    on(
      BrowserSessionEndpoints.showLink,
      SignInLinkFacts(
        organizationId: organizationId, organizationName: "Acme", user: person, role: .member, expiresAt: .now + 600))
    on(
      BrowserSessionEndpoints.signIn,
      StartedBrowserSession(token: WireSecret("lyb_new"), expiresAt: .now + 28_800))
    on(BrowserSessionEndpoints.end, Empty())
  }

  /// Whatever session a browser brings is this person's from now on.
  func signedIn(
    _ email: String, user: UserID? = nil, organization: OrganizationID? = nil, role: Role = .member,
    purpose: BrowserSessionPurpose = .signIn
  ) {
    let caller = Caller(
      credential: .consoleSession, credentialId: "bse_1", organizationId: organization ?? organizationId,
      organizationName: "Acme", user: .init(id: user ?? userId, externalId: "u1", email: email, name: "Maya"),
      role: role, groups: [], charmId: nil, expiresAt: nil)
    on(BrowserSessionEndpoints.verify, BrowserPerson(purpose: purpose, caller: caller))
  }
}
