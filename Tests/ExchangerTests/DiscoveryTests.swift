import Egress
import Foundation
import Model
import Testing

@testable import ExchangerKit

@Suite struct DiscoveryTests {
  private static let metadata = """
    {"issuer":"https://id.example.com/o","authorization_endpoint":"https://id.example.com/o/authorize",
    "token_endpoint":"https://id.example.com/o/token","userinfo_endpoint":"https://id.example.com/o/me",
    "revocation_endpoint":"https://id.example.com/o/revoke","scopes_supported":["openid","email","mail"],
    "token_endpoint_auth_methods_supported":["client_secret_post"],
    "authorization_response_iss_parameter_supported":true}
    """

  private func complete(_ custom: CustomProvider, _ transport: TransportDouble) async throws -> CustomProvider {
    try await MetadataDiscovery(transport: transport, policy: EgressPolicy()).complete(custom)
  }

  @Test func thePlacesAreTriedInOrder() async throws {
    let transport = TransportDouble(.reply(404, ""), .reply(404, ""), .reply(200, Self.metadata))
    let found = try await complete(CustomProvider(providerUrl: "https://id.example.com/o"), transport)
    #expect(
      transport.urls == [
        "https://id.example.com/.well-known/oauth-authorization-server/o",
        "https://id.example.com/.well-known/openid-configuration/o",
        "https://id.example.com/o/.well-known/openid-configuration",
      ])
    #expect(found.tokenEndpoint == "https://id.example.com/o/token")
    #expect(found.issuer == "https://id.example.com/o")
    #expect(found.clientAuth == .post)
    #expect(found.sendsIssuer == true)
    #expect(found.identityScopes == ["openid", "email"])
  }

  @Test func metadataOfAnotherIssuerIsRefused() async throws {
    let transport = TransportDouble(.reply(200, Self.metadata))
    await #expect(throws: (any Error).self) {
      try await complete(
        CustomProvider(providerUrl: "https://other.example", issuer: "https://other.example"), transport)
    }
  }

  @Test(arguments: [
    "http://id.example.com/token", "https://127.0.0.1/token", "https://id.example.com:8443/token",
    "https://user@id.example.com/token", "https://localhost/token", "javascript:alert(1)",
  ])
  func aDiscoveredEndpointThatMayNotBeUsedIsRefused(_ url: String) async throws {
    let text = Self.metadata.replacing("https://id.example.com/o/token", with: url)
    await #expect(throws: (any Error).self) {
      try await complete(CustomProvider(providerUrl: "https://id.example.com/o"), TransportDouble(.reply(200, text)))
    }
  }

  @Test func nothingFoundSaysWhatToGive() async throws {
    await #expect {
      try await complete(CustomProvider(providerUrl: "https://id.example.com"), TransportDouble())
    } throws: { error in
      let problem = (error as? ServiceError)
      return problem?.code == .invalidRequest && problem?.detail.contains("custom.tokenEndpoint") == true
    }
  }

  @Test func aCompleteDescriptionNeedsNoNetwork() async throws {
    var custom = Samples.custom
    custom.issuer = nil
    let transport = TransportDouble()
    #expect(try await complete(custom, transport) == custom)
    #expect(transport.urls.isEmpty)
  }
}
