import Foundation
import Model
import Testing

@testable import Providers

@Suite struct AnswerTests {
  private func read(_ id: String, _ text: String) throws -> Result<TokenAnswer, TokenAnswerError> {
    try resolved(id).provider.readTokenAnswer(data(text))
  }

  @Test func aStandardAnswerIsRead() throws {
    let answer = try read(
      "google",
      #"{"access_token":"at","refresh_token":"rt","token_type":"Bearer","expires_in":3599,"scope":"openid email","id_token":"j"}"#
    ).get()
    #expect(answer.accessToken.expose { $0 } == "at")
    #expect(answer.refreshToken?.expose { $0 } == "rt")
    #expect(answer.idToken?.expose { $0 } == "j")
    #expect(answer.scopes == .these(["openid", "email"]))
    #expect(answer.expiry == .seconds(3599))
    #expect(answer.tokenType == "Bearer")
  }

  @Test func theUsersTokenOfSlackIsTakenFromWhereItIs() throws {
    let answer = try read(
      "slack",
      #"{"ok":true,"access_token":"bot","refresh_token":"botRefresh","authed_user":{"id":"U1","access_token":"user","scope":"a,b"},"team":{"id":"T1"}}"#
    ).get()
    #expect(answer.accessToken.expose { $0 } == "user")
    #expect(answer.refreshToken == nil, "the bot's refresh token belongs to the bot's token")
    #expect(answer.scopes == .these(["a", "b"]))
    #expect(answer.metadata == ["teamId": "T1"])
  }

  @Test(arguments: [
    ("slack", #"{"ok":false,"error":"invalid_code"}"#, "invalid_code"), ("slack", #"{"ok":false}"#, "unspecified"),
    ("github", #"{"error":"bad_verification_code","error_description":"x"}"#, "bad_verification_code"),
    ("github", "error=bad_verification_code&error_description=x", "bad_verification_code"),
    ("google", #"{"error":{"code":400,"status":"X"}}"#, "400"), ("google", #"{"error":{}}"#, "unspecified"),
    ("google", #"{"error":"a\u0000<script>b","access_token":"x"}"#, "ascriptb"),
  ])
  func errorsAreSeenWhateverTheStatus(id: String, body: String, code: String) throws {
    guard case .failure(.refused(let seen)) = try read(id, body) else {
      Issue.record("no refusal")
      return
    }
    #expect(seen == code)
  }

  @Test(arguments: [
    "", "<html>access_token=1</html>", "null", "[]", "\"x\"", "{", #"{"access_token":"#, "\u{FEFF}", "hello",
  ])
  func whatIsNoAnswerIsUnreadable(body: String) throws {
    guard case .failure(.unreadable) = try read("google", body) else {
      Issue.record("taken for an answer: \(body)")
      return
    }
  }

  @Test(arguments: ["{}", #"{"access_token":null}"#, #"{"access_token":""}"#, #"{"access_token":{}}"#])
  func anAnswerWithoutATokenSaysSo(body: String) throws {
    guard case .failure(.missingAccessToken) = try read("google", body) else {
      Issue.record("taken for a token: \(body)")
      return
    }
  }

  @Test(arguments: [
    (#"{"access_token":"a"}"#, TokenAnswer.Expiry.unknown), (#"{"access_token":"a","expires_in":0}"#, .never),
    (#"{"access_token":"a","expires_in":"7200"}"#, .seconds(7200)),
    (#"{"access_token":"a","expires_in":null}"#, .unknown),
    (#"{"access_token":"a","expires_in":-1}"#, .unknown), (#"{"access_token":"a","expires_in":"soon"}"#, .unknown),
  ])
  func expiriesAreReadAndNotInvented(body: String, expiry: TokenAnswer.Expiry) throws {
    #expect(try read("google", body).get().expiry == expiry)
  }

  @Test func otherKindsOfExpiryAreRead() throws {
    var row = try resolved("google").provider
    let expected = Date(timeIntervalSince1970: 1_800_000_000)
    let kinds: [(TokenAnswerRule.ExpiryKind, String)] = [
      (.epoch, "1800000000"), (.epochMilliseconds, "1800000000000"), (.iso, "\"2027-01-15T08:00:00Z\""),
    ]
    for (kind, value) in kinds {
      row.tokenAnswer.expiryKind = kind
      let answer = try row.readTokenAnswer(data(#"{"access_token":"a","expires_in":\#(value)}"#)).get()
      #expect(answer.expiry == .at(expected))
    }
  }

  @Test func aGrantedScopeThatIsNeverToldIsUnknown() throws {
    #expect(try read("notion", #"{"access_token":"a"}"#).get().scopes == .unknown)
    #expect(try read("google", #"{"access_token":"a"}"#).get().scopes == .asRequested)
    #expect(try read("github", #"{"access_token":"a","scope":"repo,user"}"#).get().scopes == .these(["repo", "user"]))
  }

  private func account(_ id: String, _ text: String) throws -> ProviderAccount? {
    try resolved(id).provider.account.account(in: JSONDecoder().decode(JSONValue.self, from: data(text)))
  }

  @Test func accountsAreRead() throws {
    #expect(
      try account("github", #"{"id":583231,"login":"octo","name":"Octo Cat","avatar_url":"https://a.example/1"}"#)
        == ProviderAccount(
          id: "583231", displayIdentifier: "octo", displayName: "Octo Cat", displayAvatar: "https://a.example/1"))
    #expect(try account("slack", #"{"user_id":"U1","team_id":"T1","user":"ada","team":"Acme"}"#)?.id == "T1:U1")
    #expect(try account("linear", #"{"data":{"viewer":{"id":"x","email":"a@b"}}}"#)?.displayIdentifier == "a@b")
    #expect(try account("github", #"{"login":"octo"}"#) == nil)
    #expect(try account("github", #"{"id":1,"avatar_url":"javascript:alert(1)"}"#)?.displayAvatar == nil)
    #expect(try account("github", #"{"id":1,"avatar_url":"http://a.example/1"}"#)?.displayAvatar == nil)
    let own = "http://127.0.0.1:9700/people/ada.svg"
    #expect(try account("github", #"{"id":1,"avatar_url":"\#(own)"}"#)?.displayAvatar == own)
    #expect(try account("github", #"{"id":9007199254740993}"#)?.id == "9007199254740993")
    #expect(
      try account("github", #"{"id":1,"login":"\#(String(repeating: "a", count: 9000))"}"#)?.displayIdentifier.count
        == 512)
  }

  @Test func pointersFollowTheStandard() throws {
    let document = try JSONDecoder().decode(
      JSONValue.self, from: data(#"{"foo":["bar","baz"],"":0,"a/b":1,"c%d":2,"m~n":8," ":7}"#))
    let cases: [(String, JSONValue?)] = [
      ("", document), ("/foo", ["bar", "baz"]), ("/foo/0", "bar"), ("/", 0), ("/a~1b", 1), ("/c%d", 2), ("/m~0n", 8),
      ("/ ", 7), ("/foo/2", nil), ("/foo/-", nil), ("/foo/00", nil), ("/foo/+1", nil), ("/nothing", nil),
      ("/foo/0/x", nil),
    ]
    for (text, value) in cases { #expect(JSONPointer(text)?.evaluate(in: document) == value, "\(text)") }
    for text in ["foo", "/~", "/~2", "/a~", "#/a"] { #expect(JSONPointer(text) == nil, "\(text)") }
    #expect(JSONPointer.member("a/b~c").rawValue == "/a~1b~0c")
  }
}
