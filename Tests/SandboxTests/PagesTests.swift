import NIOHTTP1
import Testing

@testable import SandboxKit

/// A browser of sorts: it keeps the cookie and reads the journey out of the page.
private struct Visitor {
  let sandbox: TestSandbox
  var cookie: String?

  mutating func visit(_ path: String, _ form: [(String, String)]? = nil) async throws -> Answer {
    let headers = cookie.map { [("cookie", $0)] } ?? []
    let answer =
      if let form {
        try await sandbox.post(path, form, headers: headers)
      } else {
        try await sandbox.send(.GET, path, headers: headers)
      }
    if let set = answer.headers.first(name: "set-cookie") { cookie = set.split(separator: ";").first.map(String.init) }
    return answer
  }

  static func journey(_ page: Answer) throws -> String {
    let marker = "name=\"journey\" value=\""
    let start = try #require(page.body.firstRange(of: marker))
    return String(page.body[start.upperBound...].prefix { $0 != "\"" })
  }

  /// Chooses a person and returns the page or redirect that follows.
  mutating func choose(_ person: String, on page: Answer) async throws -> Answer {
    let journey = try Self.journey(page)
    let answer = try await visit("/authorize/account", [("journey", journey), ("person", person)])
    return try await visit(try #require(answer.location))
  }
}

@Suite struct PagesTests {
  @Test func aPersonChoosesAnAccountUnticksAScopeAndApproves() async throws {
    try await TestSandbox.run { sandbox in
      var visitor = Visitor(sandbox: sandbox)
      let accounts = try await visitor.visit(sandbox.authorizeURL())
      #expect(accounts.body.contains("Ada Lovelace") && accounts.body.contains("Grace Hopper"))
      let consent = try await visitor.choose("grace", on: accounts)
      #expect(consent.body.contains("Read your messages") && consent.body.contains("grace@practice.example"))
      let back = try await visitor.visit(
        "/authorize/consent",
        [
          ("journey", try Visitor.journey(consent)), ("decision", "approve"), ("granted", "profile"),
          ("granted", "email"),
        ])
      #expect(back.status == 303)
      let tokens = try await sandbox.redeem(try #require(back.returned("code")))
      #expect(tokens.text("scope") == "openid profile email")
    }
  }

  /// Browsers hold the redirects of a form against `form-action`: both pages may be the last one before the client.
  @Test func bothPagesMayLeadToTheClient() async throws {
    try await TestSandbox.run { sandbox in
      var visitor = Visitor(sandbox: sandbox)
      let accounts = try await visitor.visit(sandbox.authorizeURL())
      let consent = try await visitor.choose("grace", on: accounts)
      for page in [accounts, consent] {
        let policy = try #require(page.headers.first(name: "content-security-policy"))
        #expect(policy.contains("form-action 'self' http://127.0.0.1:9;"))
      }
    }
  }

  @Test func aDenialReachesTheClient() async throws {
    try await TestSandbox.run { sandbox in
      var visitor = Visitor(sandbox: sandbox)
      let consent = try await visitor.choose("ada", on: try await visitor.visit(sandbox.authorizeURL()))
      let form = [("journey", try Visitor.journey(consent)), ("decision", "deny")]
      let back = try await visitor.visit("/authorize/consent", form)
      #expect(back.returned("error") == "access_denied")
      #expect(try await visitor.visit("/authorize/consent", form).status == 400, "a journey ends once")
    }
  }

  @Test func aConsentIsRememberedUntilAskedForAgain() async throws {
    try await TestSandbox.run { sandbox in
      var visitor = Visitor(sandbox: sandbox)
      #expect(try await visitor.visit(sandbox.authorizeURL(["prompt": "none"])).returned("error") == "login_required")
      let consent = try await visitor.choose("ada", on: try await visitor.visit(sandbox.authorizeURL(scope: "email")))
      #expect(try await visitor.visit(sandbox.authorizeURL(["prompt": "none"])).returned("error") == "consent_required")
      _ = try await visitor.visit(
        "/authorize/consent",
        [("journey", try Visitor.journey(consent)), ("decision", "approve"), ("granted", "email")])
      #expect(try await visitor.visit(sandbox.authorizeURL(scope: "email")).returned("code") != nil)
      #expect(try await visitor.visit(sandbox.authorizeURL(scope: "email", ["prompt": "none"])).returned("code") != nil)
      let asked = try await visitor.visit(sandbox.authorizeURL(scope: "email", ["prompt": "consent"]))
      #expect(asked.status == 200 && asked.body.contains("asks for access"))
      let chooser = try await visitor.visit(sandbox.authorizeURL(scope: "email", ["prompt": "select_account"]))
      #expect(chooser.status == 200 && chooser.body.contains("Choose an account"))
      let hinted = try await visitor.visit(sandbox.authorizeURL(scope: "email", ["login_hint": "grace"]))
      #expect(hinted.body.contains("suggested"), "somebody else is meant, so the person chooses")
    }
  }

  @Test func anotherBrowserCannotContinueAJourney() async throws {
    try await TestSandbox.run { sandbox in
      var visitor = Visitor(sandbox: sandbox)
      var stranger = Visitor(sandbox: sandbox)
      let consent = try await visitor.choose("ada", on: try await visitor.visit(sandbox.authorizeURL()))
      _ = try await stranger.visit(sandbox.authorizeURL())
      let form = [("journey", try Visitor.journey(consent)), ("decision", "approve")]
      let answer = try await stranger.visit("/authorize/consent", form)
      #expect(answer.status == 400 && answer.location == nil)
    }
  }

  @Test func aJourneyGrowsTooOld() async throws {
    try await TestSandbox.run { sandbox in
      var visitor = Visitor(sandbox: sandbox)
      let consent = try await visitor.choose("ada", on: try await visitor.visit(sandbox.authorizeURL()))
      sandbox.clock.advance(seconds: Limits.journeySeconds + 1)
      let form = [("journey", try Visitor.journey(consent)), ("decision", "approve")]
      #expect(try await visitor.visit("/authorize/consent", form).status == 400)
    }
  }

  @Test func pagesRunNoScriptAndEscapeWhatClientsCallThemselves() async throws {
    try await TestSandbox.run { sandbox in
      let body = #"{"redirect_uris":["https://app.example/cb"],"client_name":"<script>alert(1)</script>"}"#
      let client = try await sandbox.send(.POST, "/register", body: body)
      let id = try #require(client.text("client_id"))
      let page = try await sandbox.send(
        .GET, sandbox.authorizeURL(["client_id": id, "redirect_uri": "https://app.example/cb"]))
      #expect(page.status == 200)
      #expect(!page.body.contains("<script"))
      let policy = try #require(page.headers.first(name: "content-security-policy"))
      #expect(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"))
      #expect(page.headers.first(name: "referrer-policy") == "no-referrer")
      #expect(page.headers.first(name: "set-cookie")?.contains("HttpOnly") == true)
    }
  }
}
