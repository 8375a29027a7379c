import Foundation
import Model
import Testing

@testable import PolicyKit

/// How Lanyard becomes an authorization server's client.
@Suite("Registration choice")
struct RegistrationChoiceTests {
  private static let issuer = "https://id.example.com"

  private static func found(
    document: Bool = true, registration: Bool = true, checks: [IntegrationCheck] = [],
    access: MCPServerDiscovery.Access = .oauth,
    server: CustomProvider? = CustomProvider(providerUrl: issuer, issuer: issuer)
  ) -> MCPServerDiscovery {
    MCPServerDiscovery(
      url: "https://mcp.example.com/mcp", access: access, checks: checks, resource: "https://mcp.example.com/mcp",
      authorizationServer: server, registrationEndpoint: registration ? "\(issuer)/register" : nil,
      supportsClientIdMetadata: document)
  }

  private static func candidate(
    _ name: String, issuer: String?, ceiling: [String]? = nil
  ) -> RegistrationChoice.Candidate {
    let id = IntegrationID.random()
    let record = IntegrationRecord(
      id: id, organizationId: .random(), name: name, provider: "custom", providerUrl: "https://id.example.com",
      clientId: "client", defaultScopes: [], maximumScopes: ceiling, variables: [:], custom: nil, status: .enabled,
      redirectUri: "https://lanyard.test/oauth/callback", secretExpiresAt: nil, createdAt: Date(), updatedAt: Date())
    return .init(
      record: record, issuer: issuer,
      ceiling: AccessQuestion.Candidate(id: id, name: name, maximumScopes: ceiling, identityScopes: []))
  }

  private func choose(
    _ found: MCPServerDiscovery = found(), scopes: [String]? = nil, _ candidates: [RegistrationChoice.Candidate] = [],
    wish: Integration.Registration? = nil, isDocumentReachable: Bool = true
  ) -> String {
    let choice = RegistrationChoice.make(
      found, scopes: scopes, candidates: candidates, wish: wish, isDocumentReachable: isDocumentReachable)
    switch choice {
    case .existing(let record): return record.name
    case .clientIdMetadata: return "document"
    case .dynamic: return "registration"
    case .impossible(let problem): return problem.code.rawValue
    }
  }

  @Test func anIntegrationOfTheIssuerComesFirst() {
    let candidates = [
      Self.candidate("other", issuer: "https://other.example"), Self.candidate("own", issuer: Self.issuer),
    ]
    #expect(choose(Self.found(), candidates) == "own")
  }

  @Test(arguments: ["https://id.example.com/", "https://ID.example.com", "http://id.example.com", nil])
  func aNameThatIsNotExactlyTheIssuersIsAnothers(_ issuer: String?) {
    #expect(choose(Self.found(), [Self.candidate("other", issuer: issuer)]) == "document")
  }

  @Test func thenTheDocumentThenTheRegistration() {
    #expect(choose() == "document")
    #expect(choose(Self.found(document: false)) == "registration")
    #expect(choose(isDocumentReachable: false) == "registration", "a document that nobody can fetch is no client")
    #expect(choose(Self.found(document: false, registration: false)) == "registration_unavailable")
    #expect(choose(Self.found(registration: false), isDocumentReachable: false) == "registration_unavailable")
  }

  @Test func aWishIsTheOnlyWay() {
    let own = [Self.candidate("own", issuer: Self.issuer)]
    #expect(choose(Self.found(), own, wish: .dynamic) == "registration")
    #expect(choose(Self.found(), own, wish: .clientIdMetadata) == "document")
    #expect(choose(Self.found(), own, wish: .manual) == "own")
    #expect(choose(wish: .manual) == "registration_unavailable")
    #expect(choose(Self.found(document: false), wish: .clientIdMetadata) == "registration_unavailable")
    #expect(choose(Self.found(registration: false), wish: .dynamic) == "registration_unavailable")
  }

  @Test func theCeilingOfAnIntegrationHolds() {
    let narrow = Self.candidate("narrow", issuer: Self.issuer, ceiling: ["read"])
    let wide = Self.candidate("wide", issuer: Self.issuer)
    #expect(choose(scopes: ["read"], [narrow]) == "narrow")
    #expect(choose(scopes: ["write"], [narrow, wide]) == "wide")
    // Nothing goes past it by another way: the owner has said what may be asked for at this server.
    #expect(choose(scopes: ["write"], [narrow]) == "registration_unavailable")
  }

  @Test func whatWasNotFoundIsSaid() {
    let failed = IntegrationCheck(name: "pkce", ok: false, detail: "No PKCE.")
    #expect(choose(Self.found(checks: [failed])) == "discovery_failed")
    #expect(choose(Self.found(server: nil)) == "discovery_failed")
    #expect(choose(Self.found(access: .open, server: nil)) == "discovery_failed")
    // A server that answers anybody and describes its authorization all the same is followed.
    #expect(choose(Self.found(access: .open)) == "document")
  }

  @Test func theDocumentIsForPublicAddressesAndLocalStacks() {
    #expect(OwnClient(publicUrl: "https://lanyard.example").isReachable(by: "https://id.example.com"))
    #expect(OwnClient(publicUrl: "http://127.0.0.1:9700").isReachable(by: "http://127.0.0.1:9800"))
    #expect(!OwnClient(publicUrl: "http://127.0.0.1:9700").isReachable(by: "https://id.example.com"))
  }

  @Test func eachRedirectURIHasADocumentOfItsOwn() {
    let client = OwnClient(publicUrl: "https://lanyard.example")
    let id = IntegrationID(rawValue: "int_1")
    var server = CustomProvider(providerUrl: Self.issuer, issuer: Self.issuer, sendsIssuer: true)
    #expect(client.redirectUri(for: id, at: server) == "https://lanyard.example/oauth/callback")
    #expect(client.documentAddress(for: id, at: server) == "https://lanyard.example/.well-known/oauth-client")
    server.sendsIssuer = nil
    #expect(client.redirectUri(for: id, at: server) == "https://lanyard.example/oauth/callback/int_1")
    #expect(client.documentAddress(for: id, at: server) == "https://lanyard.example/.well-known/oauth-client/int_1")
  }
}
