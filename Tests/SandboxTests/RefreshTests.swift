import Model
import NIOHTTP1
import Testing

@testable import SandboxKit

@Suite struct RefreshTests {
  @Test func eachRefreshRotatesTheToken() async throws {
    try await TestSandbox.run { sandbox in
      let first = try await sandbox.tokens()
      let answer = try await sandbox.refresh(first.refresh)
      let second = try #require(answer.text("refresh_token"))
      #expect(second != first.refresh)
      #expect(answer.text("access_token") != first.access)
      #expect(try await sandbox.refresh(second).status == 200)
    }
  }

  @Test func withinTheGraceTheOldTokenGetsTheSameAnswer() async throws {
    try await TestSandbox.run { sandbox in
      let first = try await sandbox.tokens()
      let answer = try await sandbox.refresh(first.refresh)
      sandbox.clock.advance(seconds: 29)
      let again = try await sandbox.refresh(first.refresh)
      #expect(again.text("access_token") == answer.text("access_token"))
      #expect(again.text("refresh_token") == answer.text("refresh_token"))
      #expect(again.json["expires_in"] == .integer(3571), "what is left, not a new lifetime")
      #expect(sandbox.provider.tokens.tally().repeatedAnswers == 1)
    }
  }

  @Test func afterTheGraceAnOldTokenEndsTheFamily() async throws {
    try await TestSandbox.run { sandbox in
      let first = try await sandbox.tokens()
      let answer = try await sandbox.refresh(first.refresh)
      let access = try #require(answer.text("access_token"))
      sandbox.clock.advance(seconds: 30)
      #expect(try await sandbox.refresh(first.refresh).text("error") == "invalid_grant")
      #expect(try await sandbox.refresh(try #require(answer.text("refresh_token"))).text("error") == "invalid_grant")
      #expect(try await sandbox.isLive(access) == false)
      #expect(sandbox.provider.tokens.tally().reuseDetections == 1)
    }
  }

  @Test func aTokenOlderThanThePreviousOneIsReuseEvenWithinTheGrace() async throws {
    try await TestSandbox.run { sandbox in
      let first = try await sandbox.tokens()
      let second = try #require(try await sandbox.refresh(first.refresh).text("refresh_token"))
      let third = try #require(try await sandbox.refresh(second).text("refresh_token"))
      #expect(try await sandbox.refresh(first.refresh).text("error") == "invalid_grant")
      #expect(try await sandbox.refresh(third).text("error") == "invalid_grant")
    }
  }

  @Test func aForgedTokenIsRefusedAndHarmsNobody() async throws {
    try await TestSandbox.run { sandbox in
      let first = try await sandbox.tokens()
      let second = try #require(try await sandbox.refresh(first.refresh).text("refresh_token"))
      for index in second.indices.dropFirst(4) {
        var forged = second
        forged.replaceSubrange(index...index, with: second[index] == "A" ? "B" : "A")
        #expect(throws: OAuthError.self) {
          try sandbox.provider.tokens.refresh(forged, by: sandbox.provider.clients[TestSandbox.clientID]!, scopes: nil)
        }
      }
      #expect(try await sandbox.refresh(second).status == 200)
    }
  }

  @Test func withoutRotationTheAnswerHoldsNoRefreshToken() async throws {
    try await TestSandbox.run { sandbox in
      _ = try await sandbox.admin(.PATCH, "settings", #"{"rotatesRefreshTokens":false}"#)
      let first = try await sandbox.tokens()
      for _ in 0..<2 {
        let answer = try await sandbox.refresh(first.refresh)
        #expect(answer.status == 200)
        #expect(answer.json["refresh_token"] == nil)
      }
    }
  }

  @Test func scopesCanShrinkButNotGrow() async throws {
    try await TestSandbox.run { sandbox in
      let first = try await sandbox.tokens(scope: "email mail.read")
      #expect(try await sandbox.refresh(first.refresh, [("scope", "email profile")]).text("error") == "invalid_scope")
      let answer = try await sandbox.refresh(first.refresh, [("scope", "email")])
      #expect(answer.text("scope") == "email")
      #expect(try await sandbox.get("/api/messages", token: try #require(answer.text("access_token"))).status == 403)
      let wide = try await sandbox.refresh(try #require(answer.text("refresh_token")))
      #expect(wide.text("scope") == "email mail.read", "the refresh token keeps what was granted")
    }
  }

  @Test func aTokenBelongsToItsClient() async throws {
    try await TestSandbox.run { sandbox in
      let first = try await sandbox.tokens()
      let body = #"{"clientId":"other","clientSecret":"other-secret","redirectUris":["https://o.example/cb"]}"#
      #expect(try await sandbox.admin(.POST, "clients", body).status == 201)
      let other = [("client_id", "other"), ("client_secret", "other-secret")]
      let refresh = other + [("grant_type", "refresh_token"), ("refresh_token", first.refresh)]
      #expect(try await sandbox.post("/token", refresh).text("error") == "invalid_grant")
      let revoke = try await sandbox.post("/revoke", other + [("token", first.refresh)])
      #expect(revoke.text("error") == "unauthorized_client")
      let facts = try await sandbox.post("/introspect", other + [("token", first.access)])
      #expect(facts.json == ["active": .bool(false)])
      #expect(try await sandbox.isLive(first.access))
    }
  }

  @Test func aHundredConcurrentRefreshesOfOneTokenGetOneAnswer() async throws {
    try await TestSandbox.run { sandbox in
      let first = try await sandbox.tokens()
      let answers = try await withThrowingTaskGroup(of: String?.self) { group in
        for _ in 0..<100 { group.addTask { try await sandbox.refresh(first.refresh).text("access_token") } }
        return try await group.reduce(into: Set<String?>()) { $0.insert($1) }
      }
      #expect(answers.count == 1 && !answers.contains(nil))
      #expect(sandbox.provider.tokens.tally().repeatedAnswers == 99)
    }
  }
}
