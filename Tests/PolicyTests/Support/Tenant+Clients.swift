import Crypto
import Model
import ServiceKit
import TestSupport

@testable import PolicyKit

/// A client in a test that knows its verifier, as clients do.
struct TestClient: Sendable {
  static let document = TestClient(
    id: "https://client.example/c.json", kind: .document, redirectUri: "https://client.example/cb")

  var id: String
  var kind: ClientKind
  var redirectUri: String
  var verifier = RandomText.base64URL(bytes: 32)

  var challenge: String { RandomText.base64URL(SHA256.hash(data: Array(verifier.utf8))) }

  func request(_ server: MCPServerID? = nil) -> ClientRequest {
    ClientRequest(clientId: id, kind: kind, redirectUri: redirectUri, mcpServerId: server)
  }
}

/// People, MCP clients and their tokens in a test.
extension Tenant {
  /// A person who has signed in to our own pages.
  func person(_ user: String = "alice", role: Role? = nil) async throws -> CredentialHash {
    let link = try await policy.gateway.call(
      BrowserSessionEndpoints.createLink, OnBehalf(apiKey, CreateSignInLink(user: .init(id: user), role: role)))
    let session = try await policy.gateway.call(
      BrowserSessionEndpoints.signIn,
      SpendSignInLink(credential: Self.hash(link.token.secret), replaces: nil))
    return Self.hash(session.token.secret)
  }

  func code(
    _ client: TestClient = .document, server: MCPServerID? = nil, by person: CredentialHash
  ) async throws -> Secret<String> {
    try await policy.gateway.call(
      ClientAuthorizationEndpoints.authorize,
      OnBehalf(
        person,
        AuthorizeClient(request: client.request(server), clientName: "Editor", codeChallenge: client.challenge))
    ).code.secret
  }

  func redeem(
    _ code: Secret<String>, _ client: TestClient = .document, for target: ClientTokenTarget? = nil
  ) async throws -> ClientTokenAnswer {
    try await policy.gateway.call(
      ClientTokenEndpoints.redeem,
      RedeemClientCode(
        credential: Self.hash(code), clientId: client.id, redirectUri: client.redirectUri,
        codeChallenge: client.challenge, target: target))
  }

  func refresh(
    _ token: Secret<String>, _ client: TestClient = .document, for target: ClientTokenTarget? = nil
  ) async throws -> ClientTokenAnswer {
    try await policy.gateway.call(
      ClientTokenEndpoints.refresh,
      RefreshClientTokens(credential: Self.hash(token), clientId: client.id, target: target))
  }

  /// Whether a token is good for anything.
  func isAlive(_ token: Secret<String>) async -> Bool {
    await refusal { try await policy.gateway.call(SessionEndpoints.verify, OnBehalf(Self.hash(token), Empty())) }
      == nil
  }

  func authorizations(of credential: CredentialHash) async throws -> [ClientAuthorization] {
    try await policy.gateway.call(ClientAuthorizationEndpoints.list, OnBehalf(credential, PageRequest())).items
  }
}
