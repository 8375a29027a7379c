import Model
import NIOHTTP1
import Testing

@testable import SandboxKit

@Suite struct RevocationTests {
  @Test func revokingTheRefreshTokenEndsEverything() async throws {
    try await TestSandbox.run { sandbox in
      let tokens = try await sandbox.tokens()
      #expect(try await sandbox.post("/revoke", TestSandbox.credentials + [("token", tokens.refresh)]).status == 200)
      #expect(try await sandbox.isLive(tokens.access) == false)
      #expect(try await sandbox.refresh(tokens.refresh).text("error") == "invalid_grant")
    }
  }

  @Test func revokingAnAccessTokenLeavesTheRefreshToken() async throws {
    try await TestSandbox.run { sandbox in
      let tokens = try await sandbox.tokens()
      #expect(try await sandbox.post("/revoke", TestSandbox.credentials + [("token", tokens.access)]).status == 200)
      #expect(try await sandbox.get("/userinfo", token: tokens.access).status == 401)
      #expect(try await sandbox.refresh(tokens.refresh).status == 200)
    }
  }

  @Test func revokingTwiceOrRevokingNonsenseIsNoError() async throws {
    try await TestSandbox.run { sandbox in
      let tokens = try await sandbox.tokens()
      for token in [tokens.refresh, tokens.refresh, "nonsense", "srt_AAAA"] {
        #expect(try await sandbox.post("/revoke", TestSandbox.credentials + [("token", token)]).status == 200)
      }
      let missing = try await sandbox.post("/revoke", TestSandbox.credentials)
      #expect(missing.text("error") == "invalid_request")
    }
  }

  @Test func aPersonsTokensCanExpireOrBeTakenBackAtOnce() async throws {
    try await TestSandbox.run { sandbox in
      let ada = try await sandbox.tokens(as: "ada")
      let grace = try await sandbox.tokens(as: "grace")
      #expect(try await sandbox.admin(.POST, "tokens/expire", #"{"person":"ada"}"#).json == ["affected": .integer(1)])
      #expect(try await sandbox.get("/userinfo", token: ada.access).status == 401)
      #expect(try await sandbox.get("/userinfo", token: grace.access).status == 200)
      #expect(try await sandbox.refresh(ada.refresh).status == 200, "only the access token is over")
      #expect(try await sandbox.admin(.POST, "tokens/revoke", "{}").json == ["affected": .integer(2)])
      #expect(try await sandbox.refresh(grace.refresh).text("error") == "invalid_grant")
      #expect(try await sandbox.admin(.POST, "tokens/revoke", #"{"person":"nobody"}"#).status == 404)
    }
  }
}
