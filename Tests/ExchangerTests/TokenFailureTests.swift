import Foundation
import Model
import Providers
import Testing

@testable import ExchangerKit

/// The error table of the refresh protocol: each answer in the right class, none of them ends a Connection by accident.
@Suite struct TokenFailureTests {
  struct Row: Sendable, CustomTestStringConvertible {
    var status: Int
    var body: String
    var expected: RefreshFailureClass
    var testDescription: String { "\(status) \(body.prefix(40))" }

    init(_ status: Int, _ body: String, _ expected: RefreshFailureClass) {
      self.status = status
      self.body = body
      self.expected = expected
    }
  }

  static func error(_ code: String) -> String { #"{"error":"\#(code)","error_description":"canary text"}"# }

  static let rows: [Row] =
    [500, 501, 502, 503, 504, 520, 408, 425, 429, 301, 302, 307, 308].map { Row($0, "<html>down</html>", .transient) }
    + [500, 503, 429, 302].map { Row($0, error("invalid_grant"), .transient) }
    + [
      Row(200, "<html>sign in</html>", .transient), Row(200, "", .transient), Row(200, "{", .transient),
      Row(200, "[]", .transient), Row(200, "{}", .transient), Row(200, #"{"access_token":""}"#, .transient),
      Row(400, "", .transient), Row(400, "<html></html>", .transient), Row(403, "forbidden", .transient),
      Row(401, "", .configError), Row(401, "<html></html>", .configError),
      Row(400, error("invalid_grant"), .needsReauthorization), Row(401, error("invalid_grant"), .needsReauthorization),
      Row(200, error("bad_refresh_token"), .needsReauthorization),
      Row(400, error("interaction_required"), .needsReauthorization),
      Row(400, error("consent_required"), .needsReauthorization),
      Row(400, error("login_required"), .needsReauthorization),
      Row(400, error("invalid_client"), .configError), Row(401, error("invalid_client"), .configError),
      Row(400, error("unauthorized_client"), .configError), Row(400, error("invalid_scope"), .configError),
      Row(400, error("unsupported_grant_type"), .configError),
      Row(400, error("temporarily_unavailable"), .transient), Row(400, error("slow_down"), .transient),
      Row(400, error("server_error"), .transient), Row(400, error("something_new"), .transient),
      Row(403, error("invalid_code"), .transient),
      Row(200, #"{"access_token":"t","token_type":"mac"}"#, .configError),
    ]

  @Test(arguments: rows) func everyAnswerIsInItsClass(_ row: Row) async throws {
    let tokens = TokenClient(transport: TransportDouble(.reply(row.status, row.body, retryAfter: 7)))
    let provider = try Samples.provider()
    let request = try provider.refresh(
      token: Secret("refresh"), redirectUri: "https://x.example/oauth/callback", client: Samples.client)
    await #expect {
      _ = try await tokens.tokens(request, of: provider.provider, within: .seconds(1))
    } throws: { error in
      let failure = error as? TokenFailure
      return failure?.failure == row.expected && failure?.reason.contains("canary") == false
    }
  }

  @Test func theTableHasFortyRows() {
    print("figure: \(Self.rows.count) kinds of provider answer, each in its class")
    #expect(Self.rows.count >= 40)
  }

  @Test func silenceIsToldApartByWhetherAnythingWasSent() async throws {
    let provider = try Samples.provider()
    let request = try provider.refresh(
      token: Secret("refresh"), redirectUri: "https://x.example/oauth/callback", client: Samples.client)
    for (silence, expected) in [
      (ProviderSilence.notSent(reason: "not_sent_connect"), RefreshFailureClass.transient),
      (.outcomeUnknown(reason: "timeout"), .outcomeUnknown),
    ] {
      let tokens = TokenClient(transport: TransportDouble(.silence(silence)))
      await #expect {
        _ = try await tokens.tokens(request, of: provider.provider, within: .seconds(1))
      } throws: {
        ($0 as? TokenFailure)?.failure == expected
      }
    }
  }

  @Test func anAnswerWithoutARefreshTokenKeepsTheOldOneByLeavingItOut() async throws {
    let before = Date.now
    let transport = TransportDouble(.reply(200, #"{"access_token":"a","expires_in":3600,"token_type":"bearer"}"#))
    let provider = try Samples.provider()
    let request = try provider.refresh(
      token: Secret("refresh"), redirectUri: "https://x.example/oauth/callback", client: Samples.client)
    let (_, set) = try await TokenClient(transport: transport).tokens(
      request, of: provider.provider, within: .seconds(1))
    #expect(set.refreshToken == nil)
    #expect(set.scopes == nil)
    let expiry = try #require(set.expiresAt)
    #expect(abs(expiry.timeIntervalSince(before) - 3_600) < 5)
    #expect(transport.bodies.first?.contains("grant_type=refresh_token") == true)
  }

  @Test func anAnswerWithoutAnExpiryInventsNone() async throws {
    let transport = TransportDouble(.reply(200, #"{"access_token":"a"}"#))
    let provider = try Samples.provider()
    let request = try provider.refresh(
      token: Secret("refresh"), redirectUri: "https://x.example/oauth/callback", client: Samples.client)
    let (_, set) = try await TokenClient(transport: transport).tokens(
      request, of: provider.provider, within: .seconds(1))
    #expect(set.expiresAt == nil)
  }
}
