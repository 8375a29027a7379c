import Foundation
import Model
import Testing

@testable import Providers

/// What tokens are asked for (RFC 8707).
@Suite struct ResourceTests {
  private let resource = "https://mcp.example.com/mcp?a=b"
  private let client = ClientCredentials(id: "client", secret: Secret("secret"))

  private func provider(_ extra: [String: String]? = nil, takesResource: Bool? = nil) throws -> ResolvedProvider {
    let resolved = try Provider.custom(
      CustomProvider(
        providerUrl: "https://id.example.com", authorizationEndpoint: "https://id.example.com/authorize",
        tokenEndpoint: "https://id.example.com/token", clientAuth: .post, extraAuthorizationParams: extra))
    var row = resolved.provider
    row.authorization.takesResource = takesResource
    return try row.resolve()
  }

  private func asked(_ provider: ResolvedProvider, _ resource: String?) -> String {
    provider.authorizationURL(
      AuthorizationParameters(
        clientId: "client", redirectUri: "https://l.example/cb", scopes: ["a"], state: "s", codeChallenge: "c",
        resource: resource))
  }

  private func body(_ request: ProviderRequest) -> String {
    request.content.expose { String(decoding: $0.body ?? Data(), as: UTF8.self) }
  }

  private let parameter = "resource=https%3A%2F%2Fmcp.example.com%2Fmcp%3Fa%3Db"

  @Test func everyRequestNamesIt() throws {
    let provider = try provider()
    #expect(asked(provider, resource).contains(parameter))
    let exchange = try provider.codeExchange(
      code: Secret("c"), redirectUri: "https://l.example/cb", verifier: Secret("v"), resource: resource, client: client)
    #expect(body(exchange).contains(parameter))
    let refresh = try provider.refresh(
      token: Secret("r"), redirectUri: "https://l.example/cb", resource: resource, client: client)
    #expect(body(refresh).contains(parameter))
  }

  @Test func withoutOneNothingIsSaid() throws {
    let provider = try provider()
    #expect(!asked(provider, nil).contains("resource="))
    let refresh = try provider.refresh(token: Secret("r"), redirectUri: "https://l.example/cb", client: client)
    #expect(!body(refresh).contains("resource="))
  }

  @Test func anOwnersParameterGivesWay() throws {
    let provider = try provider(["resource": "https://old.example", "audience": "x"])
    let url = asked(provider, resource)
    #expect(url.contains(parameter) && !url.contains("old.example") && url.contains("audience=x"))
    #expect(asked(provider, nil).contains("resource=https%3A%2F%2Fold.example"), "and stands where nothing else does")
  }

  @Test func aProviderThatRefusesTheParameterDoesNotGetIt() throws {
    let provider = try provider(takesResource: false)
    #expect(!asked(provider, resource).contains("resource="))
    let microsoft = try ProviderCatalogue.load(sandboxIssuer: nil).require("microsoft")
    #expect(microsoft.authorization.takesResource == false)
  }
}
