import Model
import NIOHTTP1
import Testing

@testable import SandboxKit

@Suite struct AdminTests {
  @Test func nothingWorksWithoutTheAdminToken() async throws {
    try await TestSandbox.run { sandbox in
      let paths: [(HTTPMethod, String)] = [
        (.GET, "counters"), (.GET, "faults"), (.POST, "faults"), (.DELETE, "faults"), (.GET, "tokens"),
        (.POST, "tokens/expire"), (.POST, "tokens/revoke"), (.GET, "settings"), (.PATCH, "settings"),
        (.POST, "clients"), (.POST, "authorize"), (.POST, "reset"), (.GET, "mcp/tools"), (.PUT, "mcp/tools/echo"),
        (.DELETE, "mcp/tools/echo"), (.GET, "mcp/counters"), (.POST, "mcp/sessions/end"),
      ]
      for (method, path) in paths {
        for headers in [[], [("authorization", "Bearer wrong-token-0123456789")]] {
          let answer = try await sandbox.send(method, "/admin/\(path)", headers: headers)
          #expect(answer.status == 401, "\(path)")
        }
      }
    }
  }

  @Test func countersTellRequestsFromWhatBecameOfThem() async throws {
    try await TestSandbox.run { sandbox in
      let tokens = try await sandbox.tokens()
      _ = try await sandbox.refresh(tokens.refresh)
      _ = try await sandbox.refresh("nonsense")
      _ = try await sandbox.post("/token", TestSandbox.credentials + [("grant_type", "made-up")])
      _ = try await sandbox.get("/userinfo", token: tokens.access)
      let counters = try await sandbox.admin(.GET, "counters").decode(Counters.Snapshot.self)
      #expect(counters.endpoints[.token] == Counters.Count(requests: 4, processed: 2, refused: 2, faulted: 0))
      #expect(
        counters.grantTypes["refresh_token"] == Counters.Count(requests: 2, processed: 1, refused: 1, faulted: 0))
      #expect(
        counters.grantTypes["authorization_code"] == Counters.Count(requests: 1, processed: 1, refused: 0, faulted: 0))
      #expect(counters.grantTypes["other"] == Counters.Count(requests: 1, processed: 0, refused: 1, faulted: 0))
      #expect(counters.endpoints[.userinfo]?.processed == 1)
    }
  }

  @Test func theTallyCountsWhatLivesAndShowsNoToken() async throws {
    try await TestSandbox.run { sandbox in
      let tokens = try await sandbox.tokens()
      _ = try await sandbox.tokens(as: "alan")
      _ = try await sandbox.refresh(tokens.refresh)
      let answer = try await sandbox.admin(.GET, "tokens")
      let tally = try answer.decode(TokenTally.self)
      #expect(tally.total == TokenTally.Count(families: 2, refreshTokens: 2, accessTokens: 3))
      #expect(tally.people["ada"] == TokenTally.Count(families: 1, refreshTokens: 1, accessTokens: 2))
      #expect(!answer.body.contains("sat_") && !answer.body.contains("srt_"))
    }
  }

  @Test func settingsChangeAtRunTime() async throws {
    try await TestSandbox.run { sandbox in
      let changed = try await sandbox.admin(.PATCH, "settings", #"{"accessTokenSeconds":5,"refreshGraceSeconds":0}"#)
      #expect(
        try changed.decode(TokenPolicy.self)
          == TokenPolicy(accessTokenSeconds: 5, refreshGraceSeconds: 0, rotatesRefreshTokens: true))
      #expect(try await sandbox.redeem(try await sandbox.code()).json["expires_in"] == .integer(5))
      for bad in [#"{"accessTokenSeconds":0}"#, #"{"refreshGraceSeconds":-1}"#, #"{"issuer":"x"}"#, "{"] {
        #expect(try await sandbox.admin(.PATCH, "settings", bad).status == 400)
      }
      #expect(try await sandbox.admin(.GET, "settings").json["accessTokenSeconds"] == .integer(5))
    }
  }

  @Test func resetForgetsEverythingButTheConfiguredClient() async throws {
    try await TestSandbox.run { sandbox in
      let tokens = try await sandbox.tokens()
      try await sandbox.fault(#"{"endpoint":"token","kind":"html"}"#)
      _ = try await sandbox.admin(.PATCH, "settings", #"{"accessTokenSeconds":5}"#)
      #expect(try await sandbox.admin(.POST, "reset").status == 204)
      #expect(sandbox.provider.counters.snapshot == Counters.Snapshot())
      #expect(sandbox.provider.tokens.tally().total == TokenTally.Count())
      #expect(try await sandbox.refresh(tokens.refresh).text("error") == "invalid_grant")
      #expect(try await sandbox.redeem(try await sandbox.code()).json["expires_in"] == .integer(3600))
    }
  }

  @Test func headlessConsentCanDenyAndNarrow() async throws {
    try await TestSandbox.run { sandbox in
      let url = sandbox.authorizeURL()
      let denied = try await sandbox.admin(.POST, "authorize", #"{"url":"\#(url)","person":"ada","decision":"deny"}"#)
      #expect(denied.text("redirectUrl")?.contains("error=access_denied") == true)
      let narrowed = try await sandbox.admin(
        .POST, "authorize", #"{"url":"\#(url)","person":"ada","scopes":["email"]}"#)
      let address = try #require(narrowed.text("redirectUrl"))
      let code = try #require(FormFields(address.split(separator: "?", maxSplits: 1)[1])["code"])
      #expect(try await sandbox.redeem(code).text("scope") == "openid email")
      let foreign = sandbox.authorizeURL(["redirect_uri": "https://evil.example"])
      let refused = try await sandbox.admin(.POST, "authorize", #"{"url":"\#(foreign)","person":"ada"}"#)
      #expect(refused.status == 400)
    }
  }
}
