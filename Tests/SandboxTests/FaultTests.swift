import Model
import NIOHTTP1
import Testing

@testable import SandboxKit

@Suite struct FaultTests {
  private func refreshRequest(_ token: String) -> String {
    let form = TestSandbox.credentials + [("grant_type", "refresh_token"), ("refresh_token", token)]
    return RawConnection.post("/token", form: FormFields.encode(form))
  }

  @Test func resetBeforeCutsTheConnectionAndProcessesNothing() async throws {
    try await TestSandbox.run { sandbox in
      let tokens = try await sandbox.tokens()
      try await sandbox.fault(#"{"endpoint":"token","kind":"resetBefore"}"#)
      let result = try await RawConnection.exchange(refreshRequest(tokens.refresh), port: sandbox.port)
      #expect(result == ("", .reset))
      let count = try #require(sandbox.provider.counters.snapshot.grantTypes["refresh_token"])
      #expect(count == Counters.Count(requests: 1, processed: 0, refused: 0, faulted: 1))
      #expect(try await sandbox.refresh(tokens.refresh).status == 200)
      #expect(sandbox.provider.tokens.tally().repeatedAnswers == 0, "the token had not been rotated")
    }
  }

  @Test func resetAfterProcessesAndLosesTheAnswer() async throws {
    try await TestSandbox.run { sandbox in
      let tokens = try await sandbox.tokens()
      try await sandbox.fault(#"{"endpoint":"token","kind":"resetAfter","grantType":"refresh_token"}"#)
      let result = try await RawConnection.exchange(refreshRequest(tokens.refresh), port: sandbox.port)
      #expect(result == ("", .reset))
      let count = try #require(sandbox.provider.counters.snapshot.grantTypes["refresh_token"])
      #expect(count == Counters.Count(requests: 1, processed: 1, refused: 0, faulted: 1))
      #expect(try await sandbox.refresh(tokens.refresh).status == 200)
      #expect(sandbox.provider.tokens.tally().repeatedAnswers == 1, "the token had been rotated")
    }
  }

  @Test func truncatedPromisesMoreThanItSends() async throws {
    try await TestSandbox.run { sandbox in
      let tokens = try await sandbox.tokens()
      try await sandbox.fault(#"{"endpoint":"token","kind":"truncated"}"#)
      let result = try await RawConnection.exchange(refreshRequest(tokens.refresh), port: sandbox.port)
      #expect(result.received.hasPrefix("HTTP/1.1 200"))
      #expect(result.received.contains(#"{"access_token":"#) && !result.received.hasSuffix("}"))
      let head = try #require(result.received.firstRange(of: "\r\n\r\n"))
      let promised = try #require(result.received.lowercased().firstMatch(of: /content-length: (\d+)/)?.1)
      #expect(result.received[head.upperBound...].utf8.count < (Int(promised) ?? 0))
    }
  }

  @Test func slowAnswersLateButRight() async throws {
    try await TestSandbox.run { sandbox in
      let tokens = try await sandbox.tokens()
      try await sandbox.fault(#"{"endpoint":"token","kind":"slow","delayMilliseconds":300}"#)
      let clock = ContinuousClock()
      let start = clock.now
      #expect(try await sandbox.refresh(tokens.refresh).status == 200)
      #expect(clock.now - start >= .milliseconds(300))
    }
  }

  /// What a refresh sees on the wire while the fault waits.
  struct Case: Sendable, CustomTestStringConvertible {
    var fault: String
    var status: Int
    var contentType: String? = "application/json"
    var body: String
    var testDescription: String { fault }
  }

  @Test(arguments: [
    Case(fault: #""kind":"status""#, status: 500, body: "server_error"),
    Case(
      fault: #""kind":"status","status":503,"error":"temporarily_unavailable""#, status: 503, body: "temporarily_un"),
    Case(fault: #""kind":"html""#, status: 502, contentType: "text/html; charset=utf-8", body: "<h1>"),
    Case(fault: #""kind":"invalidGrant""#, status: 400, body: #""error":"invalid_grant""#),
    Case(fault: #""kind":"invalidClient""#, status: 401, body: #""error":"invalid_client""#),
    Case(fault: #""kind":"tooManyRequests","retryAfterSeconds":7"#, status: 429, body: "slow_down"),
    Case(fault: #""kind":"emptyBody""#, status: 200, body: ""),
    Case(fault: #""kind":"invalidJSON""#, status: 200, body: #"{"access_token": "cut off"#),
    Case(fault: #""kind":"redirect","location":"http://127.0.0.1:9/trap""#, status: 302, contentType: nil, body: ""),
    Case(fault: #""kind":"errorWith200""#, status: 200, body: #""error":"invalid_grant""#),
  ])
  func aFalseAnswerLeavesTheTokenAlone(_ example: Case) async throws {
    try await TestSandbox.run { sandbox in
      let tokens = try await sandbox.tokens()
      try await sandbox.fault(#"{"endpoint":"token",\#(example.fault)}"#)
      let answer = try await sandbox.refresh(tokens.refresh)
      #expect(answer.status == example.status)
      #expect(answer.headers.first(name: "content-type") == example.contentType)
      #expect(example.body.isEmpty ? answer.body.isEmpty : answer.body.contains(example.body))
      #expect(sandbox.provider.counters.snapshot.grantTypes["refresh_token"]?.processed == 0)
      #expect(try await sandbox.refresh(tokens.refresh).status == 200, "struck once")
      #expect(sandbox.provider.tokens.tally().repeatedAnswers == 0)
    }
  }

  @Test func anAnswerSaysWordForWordWhatWasAskedForAndToOneClientAlone() async throws {
    try await TestSandbox.run { sandbox in
      let tokens = try await sandbox.tokens()
      try await sandbox.fault(#"{"endpoint":"token","kind":"answer","clientId":"somebody-else","status":503}"#)
      #expect(try await sandbox.refresh(tokens.refresh).status == 200, "it is about another client")
      try await sandbox.fault(
        #"{"endpoint":"token","kind":"answer","clientId":"\#(TestSandbox.clientID)","status":418,"body":"[]","#
          + #""contentType":"text/x","retryAfter":"never"}"#)
      let answer = try await sandbox.refresh("x")
      #expect(answer.status == 418 && answer.body == "[]")
      #expect(answer.headers.first(name: "content-type") == "text/x")
      #expect(answer.headers.first(name: "retry-after") == "never")
    }
  }

  @Test func retryAfterAndLocationSayWhatTheFaultAskedFor() async throws {
    try await TestSandbox.run { sandbox in
      try await sandbox.fault(#"{"endpoint":"token","kind":"tooManyRequests","retryAfterSeconds":7}"#)
      #expect(try await sandbox.refresh("x").headers.first(name: "retry-after") == "7")
      try await sandbox.fault(#"{"endpoint":"token","kind":"redirect","location":"http://127.0.0.1:9/trap"}"#)
      #expect(try await sandbox.refresh("x").location == "http://127.0.0.1:9/trap")
    }
  }

  @Test func afterProcessingRotatesTheTokenBehindTheFalseAnswer() async throws {
    try await TestSandbox.run { sandbox in
      let tokens = try await sandbox.tokens()
      try await sandbox.fault(#"{"endpoint":"token","kind":"html","afterProcessing":true}"#)
      #expect(try await sandbox.refresh(tokens.refresh).status == 502)
      #expect(try await sandbox.refresh(tokens.refresh).status == 200)
      #expect(sandbox.provider.tokens.tally().repeatedAnswers == 1)
    }
  }

  @Test func missingFieldLeavesOutTheNamedOne() async throws {
    try await TestSandbox.run { sandbox in
      let tokens = try await sandbox.tokens()
      try await sandbox.fault(#"{"endpoint":"token","kind":"missingField","field":"expires_in"}"#)
      let first = try await sandbox.refresh(tokens.refresh)
      #expect(first.json["expires_in"] == nil && first.json["access_token"] != nil)
      try await sandbox.fault(#"{"endpoint":"token","kind":"missingField"}"#)
      let second = try await sandbox.refresh(try #require(first.text("refresh_token")))
      #expect(second.json["access_token"] == nil && second.json["refresh_token"] != nil)
    }
  }

  @Test func wrongTokenTypeAndFormEncodedChangeTheAnswersShape() async throws {
    try await TestSandbox.run { sandbox in
      let tokens = try await sandbox.tokens()
      try await sandbox.fault(#"{"endpoint":"token","kind":"wrongTokenType"}"#)
      let first = try await sandbox.refresh(tokens.refresh)
      #expect(first.text("token_type") == "mac")
      try await sandbox.fault(#"{"endpoint":"token","kind":"formEncoded"}"#)
      let second = try await sandbox.refresh(try #require(first.text("refresh_token")))
      #expect(second.headers.first(name: "content-type") == "application/x-www-form-urlencoded")
      #expect(FormFields(second.body)["expires_in"] == "3600")
      #expect(FormFields(second.body)["access_token"]?.hasPrefix("sat_") == true)
    }
  }

  @Test func oversizeSendsAsMuchAsWasAsked() async throws {
    try await TestSandbox.run { sandbox in
      try await sandbox.fault(#"{"endpoint":"discovery","kind":"oversize","bytes":3000000}"#)
      let answer = try await sandbox.send(.GET, "/.well-known/openid-configuration")
      #expect(answer.body.utf8.count == 3_000_000)
      #expect(answer.json.keys.sorted() == ["padding"])
    }
  }

  @Test func aForeignIssuerShowsInTheMetadataAndOnTheWayBack() async throws {
    try await TestSandbox.run { sandbox in
      try await sandbox.fault(#"{"endpoint":"discovery","kind":"wrongIssuer"}"#)
      let metadata = try await sandbox.send(.GET, "/.well-known/oauth-authorization-server")
      #expect(metadata.text("issuer") == Fault.foreignIssuer)
      try await sandbox.fault(#"{"endpoint":"authorize","kind":"wrongIssuer"}"#)
      #expect(try await sandbox.consent(sandbox.authorizeURL())["iss"] == Fault.foreignIssuer)
      try await sandbox.fault(#"{"endpoint":"authorize","kind":"wrongState"}"#)
      #expect(try await sandbox.consent(sandbox.authorizeURL())["state"] == "another-state")
      try await sandbox.fault(#"{"endpoint":"authorize","kind":"missingField","field":"state"}"#)
      #expect(try await sandbox.consent(sandbox.authorizeURL())["state"] == nil)
      try await sandbox.fault(#"{"endpoint":"authorize","kind":"accessDenied"}"#)
      let denied = try await sandbox.consent(sandbox.authorizeURL())
      #expect(denied["error"] == "access_denied" && denied["code"] == nil)
      #expect(try await sandbox.consent(sandbox.authorizeURL())["iss"] == sandbox.base, "all used up")
    }
  }

  @Test(arguments: [
    ProviderEndpoint.authorize, .token, .revocation, .introspection, .userinfo, .registration,
    .discovery, .jwks, .mail, .mcp,
  ])
  func everyEndpointCanFail(endpoint: ProviderEndpoint) async throws {
    try await TestSandbox.run { sandbox in
      try await sandbox.fault(#"{"endpoint":"\#(endpoint.rawValue)","kind":"status","status":503}"#)
      let answer =
        switch endpoint {
        case .authorize: try await sandbox.send(.GET, sandbox.authorizeURL())
        case .token: try await sandbox.refresh("x")
        case .revocation: try await sandbox.post("/revoke", TestSandbox.credentials + [("token", "x")])
        case .introspection: try await sandbox.post("/introspect", TestSandbox.credentials + [("token", "x")])
        case .userinfo: try await sandbox.get("/userinfo", token: "x")
        case .registration: try await sandbox.send(.POST, "/register", body: "{}")
        case .discovery: try await sandbox.send(.GET, "/.well-known/openid-configuration")
        case .jwks: try await sandbox.send(.GET, "/.well-known/jwks.json")
        case .mail: try await sandbox.get("/api/messages", token: "x")
        case .mcp: try await sandbox.send(.POST, "/mcp", body: "{}")
        }
      #expect(answer.status == 503)
      #expect(sandbox.provider.counters.snapshot.endpoints[endpoint]?.faulted == 1)
    }
  }

  @Test func faultsStrikeInOrderAsOftenAsAskedAndOnlyWhereAsked() async throws {
    try await TestSandbox.run { sandbox in
      let tokens = try await sandbox.tokens()
      try await sandbox.fault(#"{"endpoint":"token","kind":"status","times":2,"grantType":"refresh_token"}"#)
      try await sandbox.fault(#"{"endpoint":"token","kind":"html"}"#)
      #expect(try await sandbox.refresh(tokens.refresh).status == 500)
      #expect(try await sandbox.redeem("code").status == 502, "the first fault is for refreshes only")
      let waiting = try await sandbox.admin(.GET, "faults").decode(FaultRoutes.Items.self).items
      #expect(waiting.map(\.remaining) == [1])
      #expect(try await sandbox.refresh(tokens.refresh).status == 500)
      #expect(try await sandbox.refresh(tokens.refresh).status == 200)
    }
  }

  @Test func aFaultMayStrikeEveryOtherRequest() async throws {
    try await TestSandbox.run { sandbox in
      try await sandbox.fault(#"{"endpoint":"userinfo","kind":"html","times":2,"every":2}"#)
      let tokens = try await sandbox.tokens()
      var statuses: [Int] = []
      for _ in 0..<5 { statuses.append(try await sandbox.get("/userinfo", token: tokens.access).status) }
      #expect(statuses == [200, 502, 200, 502, 200])
      #expect(try await sandbox.admin(.POST, "faults", #"{"endpoint":"token","kind":"html","every":0}"#).status == 400)
    }
  }

  @Test func faultsCanBeClearedOneByOneAndTogether() async throws {
    try await TestSandbox.run { sandbox in
      for _ in 0..<3 { try await sandbox.fault(#"{"endpoint":"userinfo","kind":"html","times":5}"#) }
      #expect(try await sandbox.admin(.DELETE, "faults/2").json == ["cleared": .integer(1)])
      #expect(try await sandbox.admin(.DELETE, "faults/2").status == 404)
      #expect(try await sandbox.admin(.DELETE, "faults").json == ["cleared": .integer(2)])
      #expect(sandbox.provider.faults.all.isEmpty)
    }
  }

  @Test(arguments: [
    #"{"endpoint":"userinfo","kind":"invalidGrant"}"#, #"{"endpoint":"token","kind":"html","times":0}"#,
    #"{"endpoint":"token","kind":"resetBefore","afterProcessing":true}"#,
    #"{"endpoint":"token","kind":"status","status":200}"#, #"{"endpoint":"token","kind":"html","colour":"red"}"#,
    #"{"endpoint":"nowhere","kind":"html"}"#, #"{"endpoint":"userinfo","kind":"html","grantType":"x"}"#,
    #"{"endpoint":"userinfo","kind":"html","clientId":"x"}"#, #"{"endpoint":"token","kind":"answer","status":199}"#,
    #"{"endpoint":"token","kind":"answer","retryAfter":"a\nb"}"#, "", "[]",
  ])
  func aFaultThatMeansNothingIsRefused(body: String) async throws {
    try await TestSandbox.run { sandbox in
      let answer = try await sandbox.admin(.POST, "faults", body)
      #expect(answer.status == 400)
      #expect(answer.text("error") == "invalid_request")
      #expect(sandbox.provider.faults.all.isEmpty)
    }
  }
}
