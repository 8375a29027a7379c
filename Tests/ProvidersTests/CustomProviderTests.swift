import Foundation
import Model
import Providers
import Testing

@Suite struct CustomProviderTests {
  private func metadata() throws -> AuthorizationServerMetadata {
    let text = """
      {"issuer":"https://id.acme.example/o","authorization_endpoint":"https://id.acme.example/o/authorize/",
      "token_endpoint":"https://id.acme.example/o/token/","revocation_endpoint":"https://id.acme.example/o/revoke/",
      "userinfo_endpoint":"https://id.acme.example/o/userinfo/","scopes_supported":["openid","profile","read"],
      "token_endpoint_auth_methods_supported":["client_secret_post"],"unknown":{"a":1}}
      """
    return try JSONDecoder().decode(AuthorizationServerMetadata.self, from: data(text))
  }

  @Test func metadataFillsWhatTheDescriptionLeavesOut() throws {
    let row = try Provider.custom(
      CustomProvider(providerUrl: "https://id.acme.example", issuer: "https://id.acme.example/o").completed(
        by: metadata())
    ).provider
    #expect(row.endpoints.token == "https://id.acme.example/o/token/")
    #expect(row.tokenRequest.clientAuth == .post)
    #expect(row.revocation.style == .rfc7009)
    #expect(row.scopes.identityScopes == ["openid", "profile"])
    #expect(row.account.id == [.member("sub")])
  }

  @Test func theDescriptionWins() throws {
    let row = try Provider.custom(
      CustomProvider(
        providerUrl: "https://id.acme.example", tokenEndpoint: "https://token.acme.example/t", scopeSeparator: ",",
        clientAuth: .basic, pkce: .off, accountIdPath: JSONPointer("/user/id")
      ).completed(by: metadata())
    ).provider
    #expect(row.endpoints.token == "https://token.acme.example/t")
    #expect(row.tokenRequest.clientAuth == .basic)
    #expect(row.scopes.separator == ",")
    #expect(row.pkce == .off)
    #expect(row.account.id.map(\.rawValue) == ["/user/id"])
  }

  @Test func anotherIssuerIsRefused() throws {
    let metadata = try metadata()
    for issuer in ["https://id.acme.example/o/", "https://id.acme.example", "https://ID.acme.example/o"] {
      #expect(throws: ProviderError.issuerMismatch) {
        try CustomProvider(providerUrl: "https://id.acme.example", issuer: issuer).completed(by: metadata)
      }
    }
  }

  @Test func missingEndpointsAreNamed() {
    #expect(throws: ProviderError.self) { try Provider.custom(CustomProvider(providerUrl: "https://a.example")) }
  }

  @Test(arguments: [
    "http://a.example/token", "https://a.example/{x}", "https://a@b.example/", "javascript:alert(1)",
    "https://a.example/#x",
    "file:///etc/passwd", "https://a.example/../b",
  ])
  func aDescribedOrDiscoveredURLMustBePlainHTTPS(url: String) throws {
    #expect(throws: ProviderError.self) {
      try Provider.custom(
        CustomProvider(
          providerUrl: "https://a.example", authorizationEndpoint: "https://a.example/a", tokenEndpoint: url))
    }
    var metadata = try metadata()
    metadata.revocationEndpoint = url
    #expect(throws: ProviderError.self) {
      try Provider.custom(CustomProvider(providerUrl: "https://a.example").completed(by: metadata))
    }
  }

  @Test func onlyTheOperatorsListAllowsHTTP() throws {
    let local = CustomProvider(
      providerUrl: "http://127.0.0.1:8000", authorizationEndpoint: "http://127.0.0.1:8000/a",
      tokenEndpoint: "http://127.0.0.1:8000/t")
    #expect(throws: ProviderError.self) { try Provider.custom(local) }
    #expect(throws: ProviderError.self) { try Provider.custom(local, insecureHosts: ["127.0.0.1:8001"]) }
    #expect(try Provider.custom(local, insecureHosts: ["127.0.0.1:8000"]).provider.endpoints.token.hasSuffix("/t"))
  }

  @Test func metadataIsLookedForInTheStandardsOrder() {
    #expect(
      AuthorizationServerMetadata.locations(issuer: "https://a.example/x/") == [
        "https://a.example/.well-known/oauth-authorization-server/x",
        "https://a.example/.well-known/openid-configuration/x", "https://a.example/x/.well-known/openid-configuration",
      ])
    #expect(AuthorizationServerMetadata.locations(issuer: "https://a.example").count == 2)
    #expect(AuthorizationServerMetadata.locations(issuer: "https://a.example/../b").isEmpty)
  }
}
