import Model
import Providers
import Testing

@Suite struct RequestTests {
  static let redirectUri = "https://lanyard.example/oauth/callback"

  private func authorization(_ id: String, scopes: [String] = [], extra: [String: String] = [:]) throws -> String {
    try resolved(id).authorizationURL(
      AuthorizationParameters(
        clientId: "cid", redirectUri: Self.redirectUri, scopes: scopes, state: "st", codeChallenge: "ch", nonce: "no",
        extra: extra))
  }

  @Test(arguments: [
    (
      "google",
      "https://accounts.google.com/o/oauth2/v2/auth?response_type=code&client_id=cid&redirect_uri=https%3A%2F%2Flanyard.example%2Foauth%2Fcallback&scope=openid%20email%20profile%20a%20b&state=st&code_challenge=ch&code_challenge_method=S256&nonce=no&access_type=offline&prompt=consent"
    ),
    (
      "slack",
      "https://slack.com/oauth/v2/authorize?response_type=code&client_id=cid&redirect_uri=https%3A%2F%2Flanyard.example%2Foauth%2Fcallback&user_scope=a%2Cb&state=st"
    ),
    (
      "zendesk",
      "https://acme.zendesk.com/oauth/authorizations/new?response_type=code&client_id=cid&redirect_uri=https%3A%2F%2Flanyard.example%2Foauth%2Fcallback&scope=read%20a%20b&state=st&code_challenge=ch&code_challenge_method=S256"
    ),
    (
      "shopify",
      "https://acme-store.myshopify.com/admin/oauth/authorize?response_type=code&client_id=cid&redirect_uri=https%3A%2F%2Flanyard.example%2Foauth%2Fcallback&scope=a%2Cb&state=st&code_challenge=ch&code_challenge_method=S256"
    ),
  ])
  func authorizationURLsAreGolden(id: String, golden: String) throws {
    #expect(try authorization(id, scopes: ["a", "b"]) == golden)
  }

  @Test(arguments: [
    ("google", "&prompt=select_account%20consent"), ("microsoft", "&prompt=select_account"),
    ("sandbox", "&prompt=select_account"),
  ])
  func aNewAccountIsAskedForWhereTheProviderCan(id: String, end: String) throws {
    let choice = try #require(try resolved(id).provider.authorization.accountChoice)
    #expect(try authorization(id, extra: choice).contains(end))
  }

  @Test func anEmptyScopeIsLeftOut() throws {
    #expect(try !authorization("notion").contains("scope="))
  }

  @Test func aCallerCannotReplaceProtocolParameters() throws {
    let url = try authorization(
      "github",
      extra: ["state": "evil", "redirect_uri": "https://evil.example", "scope": "all", "prompt": "select_account"])
    #expect(!url.contains("evil"))
    #expect(!url.contains("scope=all"))
    #expect(url.hasSuffix("&prompt=select_account"))
  }

  @Test func aScopeThatLooksLikeAParameterStaysAScope() throws {
    #expect(
      try authorization("github", scopes: ["a&client_id=evil"]).contains(
        "scope=read%3Auser%20user%3Aemail%20a%26client_id%3Devil&"))
  }

  private func exchange(_ id: String) throws -> String {
    text(
      try resolved(id).codeExchange(
        code: Secret("co+de"), redirectUri: Self.redirectUri, verifier: Secret("ver"), client: client))
  }

  @Test func codeExchangesAreGolden() throws {
    #expect(
      try exchange("github") == """
        POST https://github.com/login/oauth/access_token
        Accept: application/json
        Content-Type: application/x-www-form-urlencoded

        grant_type=authorization_code&code=co%2Bde&redirect_uri=https%3A%2F%2Flanyard.example%2Foauth%2Fcallback&code_verifier=ver&client_id=client%20id&client_secret=s3cret%26%3D
        """)
    #expect(
      try exchange("notion") == """
        POST https://api.notion.com/v1/oauth/token
        Authorization: Basic Y2xpZW50JTIwaWQ6czNjcmV0JTI2JTNE
        Accept: application/json
        Content-Type: application/json
        Notion-Version: 2022-06-28

        {"code":"co+de","code_verifier":"ver","grant_type":"authorization_code","redirect_uri":"https://lanyard.example/oauth/callback"}
        """)
    #expect(
      try exchange("linkedin") == """
        POST https://www.linkedin.com/oauth/v2/accessToken
        Accept: application/json
        Content-Type: application/x-www-form-urlencoded

        grant_type=authorization_code&code=co%2Bde&redirect_uri=https%3A%2F%2Flanyard.example%2Foauth%2Fcallback&client_id=client%20id&client_secret=s3cret%26%3D
        """)
    #expect(
      try exchange("shopify").hasSuffix(
        "&code_verifier=ver&expiring=1&client_id=client%20id&client_secret=s3cret%26%3D"))
  }

  private func refresh(_ id: String) throws -> String {
    text(try resolved(id).refresh(token: Secret("rt"), redirectUri: Self.redirectUri, client: client))
  }

  @Test func refreshesAreGolden() throws {
    #expect(
      try refresh("figma") == """
        POST https://api.figma.com/v1/oauth/refresh
        Authorization: Basic Y2xpZW50JTIwaWQ6czNjcmV0JTI2JTNE
        Accept: application/json
        Content-Type: application/x-www-form-urlencoded

        grant_type=refresh_token&refresh_token=rt
        """)
    #expect(
      try refresh("gitlab").contains("grant_type=refresh_token&refresh_token=rt&redirect_uri=https%3A%2F%2Flanyard"))
    #expect(try refresh("facebook").contains("grant_type=fb_exchange_token&fb_exchange_token=rt&client_id="))
    #expect(throws: ProviderError.self) { _ = try refresh("monday") }
  }

  @Test func aClientWithoutASecretIsAPublicOne() throws {
    let request = try resolved("figma").refresh(
      token: Secret("rt"), redirectUri: Self.redirectUri, client: ClientCredentials(id: "cid", secret: nil))
    #expect(text(request).hasSuffix("grant_type=refresh_token&refresh_token=rt&client_id=cid"))
    #expect(!text(request).contains("Authorization"))
  }

  private func revocations(_ id: String, refreshToken: Secret<String>? = Secret("r/t")) throws -> [String] {
    try resolved(id).revocation(
      accessToken: Secret("at"), refreshToken: refreshToken, client: client, providerAccountId: "acct_1"
    ).map(text)
  }

  @Test func revocationsAreGolden() throws {
    #expect(
      try revocations("google") == [
        """
        POST https://oauth2.googleapis.com/revoke
        Accept: application/json
        Content-Type: application/x-www-form-urlencoded

        token=r%2Ft&token_type_hint=refresh_token
        """,
        """
        POST https://oauth2.googleapis.com/revoke
        Accept: application/json
        Content-Type: application/x-www-form-urlencoded

        token=at&token_type_hint=access_token
        """,
      ])
    #expect(
      try revocations("github") == [
        """
        DELETE https://api.github.com/applications/client%20id/token
        Authorization: Basic Y2xpZW50JTIwaWQ6czNjcmV0JTI2JTNE
        Accept: application/vnd.github+json
        Content-Type: application/json

        {"access_token":"at"}
        """
      ])
    #expect(
      try revocations("hubspot").first?.hasPrefix("DELETE https://api.hubapi.com/oauth/v1/refresh-tokens/r%2Ft\n")
        == true)
    #expect(try revocations("hubspot", refreshToken: nil).isEmpty)
    #expect(try revocations("microsoft").isEmpty)
    #expect(try revocations("stripe-connect").first?.hasSuffix("client_id=client%20id&stripe_user_id=acct_1") == true)
    #expect(try revocations("quickbooks").count == 2)
  }

  @Test func userinfoRequestsAreGolden() throws {
    func userinfo(_ id: String) throws -> String {
      text(try #require(try resolved(id).userinfo(accessToken: Secret("a/t"), client: client)))
    }
    #expect(
      try userinfo("linear") == """
        POST https://api.linear.app/graphql
        Authorization: Bearer a/t
        Accept: application/json
        Content-Type: application/json

        {"query":"{viewer{id name email avatarUrl organization{id name}}}"}
        """)
    #expect(try userinfo("mailchimp").contains("\nAuthorization: OAuth a/t\n"))
    #expect(try userinfo("hubspot").hasPrefix("GET https://api.hubapi.com/oauth/v1/access-tokens/a%2Ft\n"))
    #expect(try !userinfo("hubspot").contains("Authorization"))
    #expect(try userinfo("shopify").contains("\nX-Shopify-Access-Token: a/t\n"))
    #expect(try userinfo("dropbox").hasSuffix("\n\n"))
  }

  @Test func everyProviderBuildsEveryRequest() throws {
    var built = 0
    for row in try catalogue().providers {
      let whole = try resolved(row.id)
      #expect(ProviderURL(try authorization(row.id, scopes: ["a"])) != nil)
      _ = try exchange(row.id)
      built += 2
      if row.refresh.kind != .none {
        _ = try refresh(row.id)
        built += 1
      }
      let revocations = try revocations(row.id)
      #expect(revocations.isEmpty == (row.revocation.style == .none), "\(row.id)")
      built += revocations.count
      if try whole.userinfo(accessToken: Secret("at"), client: client) != nil { built += 1 }
    }
    print("figure: requests built from rows alone: \(built)")
  }

  @Test func aTokenWithALineBreakStartsNoHeader() throws {
    #expect(throws: ProviderError.self) {
      _ = try resolved("github").userinfo(accessToken: Secret("a\r\nX-Evil: 1"), client: client)
    }
  }

  @Test func nothingSecretIsPrinted() throws {
    let request = try resolved("hubspot").codeExchange(
      code: Secret("CANARY1"), redirectUri: Self.redirectUri, verifier: Secret("CANARY2"),
      client: ClientCredentials(id: "cid", secret: Secret("CANARY3")))
    var dumped = ""
    dump(request, to: &dumped)
    #expect(!"\(request)\(String(reflecting: request))\(dumped)".contains("CANARY"))
  }
}
