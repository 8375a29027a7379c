import Egress
import Foundation
import Model
import Testing

@testable import ExchangerKit

@Suite struct MCPServerDiscovererTests {
  private static let url = "https://mcp.example.com/tools/mcp"
  private static let hint = "https://mcp.example.com/hint"
  private static let challenge = #"Bearer resource_metadata="\#(hint)", scope="read write""#

  private static func resource(
    _ resource: String = url, servers: String = #"["https://id.example.com/o"]"#, scopes: String = #"["read","all"]"#
  ) -> String {
    #"{"resource":"\#(resource)","authorization_servers":\#(servers),"scopes_supported":\#(scopes)}"#
  }

  private static func server(_ change: (String, String)? = nil) -> String {
    let text = """
      {"issuer":"https://id.example.com/o","authorization_endpoint":"https://id.example.com/o/authorize",
      "token_endpoint":"https://id.example.com/o/token","registration_endpoint":"https://id.example.com/o/register",
      "scopes_supported":["read","offline_access"],"code_challenge_methods_supported":["plain","S256"],
      "token_endpoint_auth_methods_supported":["none","client_secret_post"],
      "client_id_metadata_document_supported":true,"authorization_response_iss_parameter_supported":true}
      """
    return change.map { text.replacing($0.0, with: $0.1) } ?? text
  }

  private func discover(_ transport: TransportDouble, url: String = url) async throws -> MCPServerDiscovery {
    let policy = EgressPolicy()
    return try await MCPServerDiscoverer(
      transport: transport, metadata: MetadataDiscovery(transport: transport, policy: policy), policy: policy
    ).discover(DiscoverMCPServer(url: url))
  }

  private func failed(_ found: MCPServerDiscovery) -> String? { found.checks.first { !$0.ok }?.name }

  @Test func everythingIsFoundByTheURLAlone() async throws {
    let transport = TransportDouble(
      .head(401, challenge: Self.challenge), .reply(200, Self.resource()), .reply(200, Self.server()))
    let found = try await discover(transport)
    #expect(
      transport.urls == [
        Self.url, Self.hint, "https://id.example.com/.well-known/oauth-authorization-server/o",
      ])
    #expect(found.access == .oauth)
    #expect(failed(found) == nil)
    #expect(
      found.checks.map(\.name) == [
        "mcp_endpoint", "resource_metadata", "authorization_server", "pkce", "endpoints",
      ])
    #expect(found.resource == Self.url)
    #expect(found.scopes == ["read", "write"])
    #expect(found.supportedScopes == ["read", "all"])
    #expect(found.issuer == "https://id.example.com/o")
    #expect(found.authorizationServer?.tokenEndpoint == "https://id.example.com/o/token")
    #expect(found.authorizationServer?.clientAuth == .post)
    #expect(found.authorizationServer?.pkce == .required)
    #expect(found.authorizationServer?.identityScopes == ["offline_access"])
    #expect(found.authorizationServer?.sendsIssuer == true)
    #expect(found.registrationEndpoint == "https://id.example.com/o/register")
    #expect(found.supportsClientIdMetadata)
    // Neither a decision nor a problem: both are the policy service's.
    #expect(found.registration == nil && found.problem == nil)
  }

  @Test func withoutAHintThePathIsInsertedAndThenTheRootIsTried() async throws {
    let transport = TransportDouble(
      .head(401, challenge: "Bearer"), .reply(404, ""), .reply(200, Self.resource("https://mcp.example.com")),
      .reply(200, Self.server()))
    let found = try await discover(transport)
    #expect(
      transport.urls.dropFirst().prefix(2) == [
        "https://mcp.example.com/.well-known/oauth-protected-resource/tools/mcp",
        "https://mcp.example.com/.well-known/oauth-protected-resource",
      ])
    #expect(found.resource == "https://mcp.example.com")
    #expect(found.challengedScopes == nil)
    #expect(found.scopes == ["read", "all"])
  }

  @Test func aHintThatLeadsNowhereIsAFinding() async throws {
    let found = try await discover(TransportDouble(.head(401, challenge: Self.challenge)))
    #expect(failed(found) == "resource_metadata")
    #expect(found.issuer == nil)
  }

  @Test func aServerThatAnswersNeedsNoToken() async throws {
    let found = try await discover(TransportDouble(.head(200), .reply(404, ""), .reply(404, "")))
    #expect(found.access == .open)
    #expect(found.checks.map(\.name) == ["mcp_endpoint"])
    #expect(found.authorizationServer == nil)
  }

  @Test func aServerThatAnswersAndStillDescribesItselfIsFollowed() async throws {
    let found = try await discover(
      TransportDouble(.head(200), .reply(200, Self.resource()), .reply(200, Self.server())))
    #expect(found.access == .open)
    #expect(found.authorizationServer != nil)
  }

  @Test func aServerOfTheNewEraIsAskedInItsOwnWay() async throws {
    let transport = TransportDouble(.head(400), .head(401), .reply(200, Self.resource()), .reply(200, Self.server()))
    let found = try await discover(transport)
    #expect(found.access == .oauth)
    #expect(transport.bodies[0].contains(#""initialize""#))
    #expect(transport.bodies[1].contains(#""server/discover""#))
  }

  @Test(arguments: [404, 405, 500]) func whatIsNoMCPServerIsSaidToBeNone(_ status: Int) async throws {
    let found = try await discover(TransportDouble(.head(status), .head(status)))
    #expect(found.access == .unknown)
    #expect(failed(found) == "mcp_endpoint")
  }

  @Test func redirectsAreNotFollowed() async throws {
    let transport = TransportDouble(.head(307))
    #expect(failed(try await discover(transport)) == "mcp_endpoint")
    #expect(transport.urls == [Self.url])
  }

  @Test(arguments: [
    "https://other.example.com/tools/mcp", "https://mcp.example.com/tools/mc", "https://mcp.example.com/tools/mcp/x",
    "http://mcp.example.com/tools/mcp", "https://mcp.example.com:8443/tools/mcp",
    "https://mcp.example.com/tools/mcp?a=b",
    "https://mcp.example.com.evil.example/tools/mcp", "not a URL", "",
  ])
  func aDocumentOfAnotherResourceIsRefused(_ resource: String) async throws {
    let transport = TransportDouble(.head(401, challenge: Self.challenge), .reply(200, Self.resource(resource)))
    let found = try await discover(transport)
    #expect(failed(found) == "resource_metadata")
    #expect(found.authorizationServer == nil)
    // It is not looked for elsewhere, where somebody else could answer.
    #expect(transport.urls.count == 2)
  }

  @Test(arguments: [
    url, "\(url)/", "https://mcp.example.com/tools", "https://mcp.example.com/tools/", "https://mcp.example.com",
    "https://mcp.example.com/", "https://MCP.example.com/tools",
  ])
  func aResourceMayBeTheServerOrLieAboveIt(_ resource: String) async throws {
    let found = try await discover(
      TransportDouble(
        .head(401, challenge: Self.challenge), .reply(200, Self.resource(resource)), .reply(200, Self.server())))
    #expect(failed(found) == nil)
    #expect(found.resource == resource)
  }

  @Test func anAuthorizationServerThatCallsItselfOtherwiseIsRefused() async throws {
    let found = try await discover(
      TransportDouble(
        .head(401, challenge: Self.challenge), .reply(200, Self.resource()),
        .reply(200, Self.server((#""issuer":"https://id.example.com/o""#, #""issuer":"https://id.example.com/o/""#)))))
    #expect(failed(found) == "authorization_server")
    #expect(found.authorizationServer == nil)
    // What the server named is told all the same: it may be news.
    #expect(found.issuer == "https://id.example.com/o")
  }

  @Test(arguments: [#""plain""#, ""]) func withoutProofKeysNothingIsUsed(_ methods: String) async throws {
    let found = try await discover(
      TransportDouble(
        .head(401, challenge: Self.challenge), .reply(200, Self.resource()),
        .reply(200, Self.server((#""plain","S256""#, methods)))))
    #expect(failed(found) == "pkce")
    #expect(found.authorizationServer == nil)
  }

  @Test(arguments: [
    "http://id.example.com/o/token", "https://127.0.0.1/token", "https://localhost/token", "https://u@id.example.com/t",
    "javascript:alert(1)",
  ])
  func anEndpointThatMayNotBeUsedIsRefused(_ endpoint: String) async throws {
    let found = try await discover(
      TransportDouble(
        .head(401, challenge: Self.challenge), .reply(200, Self.resource()),
        .reply(200, Self.server(("https://id.example.com/o/token", endpoint)))))
    #expect(failed(found) == "endpoints")
    #expect(found.authorizationServer == nil)
  }

  @Test func aRegistrationEndpointThatMayNotBeUsedIsLeftOut() async throws {
    let found = try await discover(
      TransportDouble(
        .head(401, challenge: Self.challenge), .reply(200, Self.resource()),
        .reply(200, Self.server(("https://id.example.com/o/register", "http://10.0.0.1/register")))))
    #expect(failed(found) == nil)
    #expect(found.registrationEndpoint == nil)
  }

  @Test func aClientDocumentNeedsAServerThatTakesPublicClients() async throws {
    let found = try await discover(
      TransportDouble(
        .head(401, challenge: Self.challenge), .reply(200, Self.resource()),
        .reply(200, Self.server((#""none","#, "")))))
    #expect(!found.supportsClientIdMetadata)
  }

  @Test func aServerWithoutMetadataIsItsOwnAuthorizationServer() async throws {
    let own = Self.server(("https://id.example.com/o", "https://mcp.example.com"))
    let transport = TransportDouble(.head(401), .reply(404, ""), .reply(404, ""), .reply(200, own))
    let found = try await discover(transport)
    #expect(transport.urls.last == "https://mcp.example.com/.well-known/oauth-authorization-server")
    #expect(found.issuer == "https://mcp.example.com")
    #expect(found.resource == Self.url)
    #expect(failed(found) == nil)
  }

  @Test(arguments: [
    "http://mcp.example.com/mcp", "https://127.0.0.1/mcp", "https://localhost/mcp", "https://u@mcp.example.com/mcp",
    "https://mcp.example.com:8443/mcp", "ftp://mcp.example.com", "https://mcp.example.com/mcp#x", "",
  ])
  func aURLThatCanBeNoServersIsNotAsked(_ url: String) async throws {
    let transport = TransportDouble()
    await #expect {
      try await discover(transport, url: url)
    } throws: {
      ($0 as? ServiceError)?.code == .invalidRequest && ($0 as? ServiceError)?.facts["fields"] == ["url"]
    }
    #expect(transport.urls.isEmpty)
  }

  @Test func scopesThatAreNoneAreDropped() async throws {
    let many = (0..<90).map { #""s\#($0)""# }.joined(separator: ",")
    let found = try await discover(
      TransportDouble(
        .head(401, challenge: #"Bearer scope="  ""#),
        .reply(200, Self.resource(scopes: #"["a b","ä","x","x",\#(many)]"#)), .reply(200, Self.server())))
    #expect(found.challengedScopes == nil)
    #expect(found.supportedScopes?.prefix(2) == ["x", "s0"])
    #expect(found.supportedScopes?.count == 50)
  }
}
