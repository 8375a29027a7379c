import Foundation
import Model
import ServiceKit
import TestSupport
import Testing

@testable import PolicyKit

@Suite("Codes and tokens of MCP clients")
struct ClientTokenTests {
  @Test func aCodeBecomesTokensForOnePersonAndOneServer() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      let server = try await tenant.createServer()
      let person = try await tenant.person("alice", role: .owner)
      let client = TestClient.document
      let tokens = try #require(
        try await tenant.redeem(try await tenant.code(client, server: server.id, by: person), client).tokens)
      #expect(tokens.accessToken.secret.expose { $0.hasPrefix("lym_") && $0.count == 47 })
      #expect(tokens.refreshToken.secret.expose { $0.hasPrefix("lyr_") && $0.count == 47 })
      #expect(abs(tokens.expiresAt.timeIntervalSinceNow - 600) < 30)
      let caller = try await policy.gateway.call(
        SessionEndpoints.verify, OnBehalf(Tenant.hash(tokens.accessToken.secret), Empty()))
      #expect(caller.credential == .clientToken && caller.mcpServerId == server.id)
      // An owner's client is no owner.
      #expect(caller.role == .member && caller.user?.externalId == "alice")
      #expect(await tenant.isAlive(tokens.refreshToken.secret) == false, "a refresh token opens nothing by itself")
    }
  }

  @Test func aTokenOpensTheMCPEndpointAndNothingElse() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      let (one, two) = (try await tenant.createServer("One"), try await tenant.createServer("Two"))
      let person = try await tenant.person("alice", role: .owner)
      func token(_ server: MCPServerID?) async throws -> CredentialHash {
        let code = try await tenant.code(server: server, by: person)
        return Tenant.hash(try #require(try await tenant.redeem(code).tokens).accessToken.secret)
      }
      let (bound, free) = (try await token(one.id), try await token(nil))
      #expect(try await tenant.access(one.id, as: bound).servers.map(\.id) == [one.id])
      #expect(try await tenant.access(two.id, as: free).servers.map(\.id) == [two.id])
      let mail = ApplicationDescription(id: "app-1", name: "Mail")
      let refused: [(String, () async -> ErrorCode?)] = [
        ("another server", { await refusal { try await tenant.access(two.id, as: bound) } }),
        ("every server", { await refusal { try await tenant.access(as: bound) } }),
        ("an Application's", { await refusal { try await tenant.access(one.id, application: mail, as: free) } }),
        ("releases", { await refusal { try await tenant.authorize(AccessRequest(purposes: [.release]), as: free) } }),
        ("revoking", { await refusal { try await tenant.authorize(AccessRequest(purposes: [.revoke]), as: free) } }),
        ("servers", { await refusal { try await tenant.show(one.id, as: free) } }),
        ("Integrations", { await refusal { try await tenant.createIntegration(as: free) } }),
        ("descriptors", { await refusal { try await tenant.descriptors(as: free) } }),
        ("authorizations", { await refusal { try await tenant.authorizations(of: free) } }),
        ("codes", { await refusal { try await tenant.code(by: free) } }),
        (
          "runtime tokens",
          {
            await refusal {
              try await policy.gateway.call(RuntimeEndpoints.servers, OnBehalf(free, RuntimeRequest(charmId: nil)))
            }
          }
        ),
      ]
      for (what, attempt) in refused { #expect(await attempt() == .forbidden, "\(what)") }
      #expect(await refusal { try await tenant.authorize(AccessRequest(purposes: [.watch]), as: free) } == nil)
    }
  }

  @Test func aCodeIsBoundToEverythingItWasMadeFor() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      let server = try await tenant.createServer()
      let person = try await tenant.person()
      let client = TestClient.document
      let code = try await tenant.code(client, server: server.id, by: person)
      var (otherId, otherAddress, otherVerifier) = (client, client, client)
      otherId.id = "https://other.example/c.json"
      otherAddress.redirectUri = "https://client.example/cb?x"
      otherVerifier.verifier = RandomText.base64URL(bytes: 32)
      for other in [otherId, otherAddress, otherVerifier] {
        #expect(try await tenant.redeem(code, other).refusal == .invalidGrant)
      }
      for target in [ClientTokenTarget(mcpServerId: nil), ClientTokenTarget(mcpServerId: .random())] {
        #expect(try await tenant.redeem(code, client, for: target).refusal == .invalidTarget)
      }
      #expect(try await tenant.redeem(code, client, for: ClientTokenTarget(mcpServerId: server.id)).tokens != nil)
      let late = try await tenant.code(client, by: person)
      try policy.database.superuser("UPDATE client_code SET expires_at = now() WHERE used_at IS NULL")
      #expect(try await tenant.redeem(late, client).refusal == .invalidGrant)
      #expect(try await tenant.redeem(Secret("lyc_unknown"), client).refusal == .invalidGrant)
    }
  }

  @Test func aCodeThatIsShownTwiceEndsWhatWasMadeOfIt() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      let person = try await tenant.person()
      let (stolen, other) = (try await tenant.code(by: person), try await tenant.code(by: person))
      let first = try #require(try await tenant.redeem(stolen).tokens)
      let second = try #require(try await tenant.refresh(first.refreshToken.secret).tokens)
      let apart = try #require(try await tenant.redeem(other).tokens)
      #expect(try await tenant.redeem(stolen).refusal == .invalidGrant)
      for token in [first.accessToken, second.accessToken] { #expect(await tenant.isAlive(token.secret) == false) }
      #expect(try await tenant.refresh(second.refreshToken.secret).refusal == .invalidGrant)
      #expect(await tenant.isAlive(apart.accessToken.secret), "another code of the same authorization is not touched")
      #expect(
        try policy.database.superuser("SELECT outcome FROM audit_entry WHERE action = 'client.token.reused'")
          == "refused\n")
    }
  }

  @Test func ofTwentyExchangesAtOnceAtMostOneSucceeds() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      let code = try await tenant.code(by: try await tenant.person())
      let answers = try await withThrowingTaskGroup(of: ClientTokenAnswer.self) { group in
        for _ in 0..<20 { group.addTask { try await tenant.redeem(code) } }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      let issued = answers.compactMap(\.tokens)
      #expect(issued.count == 1)
      // The others showed it again: nothing of it is left.
      #expect(await tenant.isAlive(issued[0].accessToken.secret) == false)
    }
  }

  @Test func aRefreshTokenIsGoodForOneExchange() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      let server = try await tenant.createServer()
      let code = try await tenant.code(server: server.id, by: try await tenant.person())
      let first = try #require(try await tenant.redeem(code).tokens)
      var other = TestClient.document
      other.id = "https://other.example/c.json"
      #expect(try await tenant.refresh(first.refreshToken.secret, other).refusal == .invalidGrant)
      let elsewhere = ClientTokenTarget(mcpServerId: nil)
      #expect(try await tenant.refresh(first.refreshToken.secret, for: elsewhere).refusal == .invalidTarget)
      #expect(try await tenant.refresh(first.accessToken.secret).refusal == .invalidGrant)
      let second = try #require(try await tenant.refresh(first.refreshToken.secret).tokens)
      #expect(await tenant.isAlive(second.accessToken.secret))
      #expect(try await tenant.refresh(first.refreshToken.secret).refusal == .invalidGrant)
      #expect(await tenant.isAlive(second.accessToken.secret) == false)
      #expect(try await tenant.refresh(second.refreshToken.secret).refusal == .invalidGrant)
    }
  }

  @Test func aTokenThatAClientGivesBackTakesItsFamilyAlong() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      let person = try await tenant.person()
      func revoke(_ token: Secret<String>, as client: TestClient = .document) async throws {
        _ = try await policy.gateway.call(
          ClientTokenEndpoints.revoke, RevokeClientToken(credential: Tenant.hash(token), clientId: client.id))
      }
      for part in [\ClientTokenAnswer.Tokens.accessToken, \.refreshToken] {
        let tokens = try #require(try await tenant.redeem(try await tenant.code(by: person)).tokens)
        var stranger = TestClient.document
        stranger.id = "https://other.example/c.json"
        try await revoke(tokens[keyPath: part].secret, as: stranger)
        #expect(await tenant.isAlive(tokens.accessToken.secret))
        try await revoke(tokens[keyPath: part].secret)
        #expect(await tenant.isAlive(tokens.accessToken.secret) == false)
        #expect(try await tenant.refresh(tokens.refreshToken.secret).refusal == .invalidGrant)
      }
      try await revoke(Secret("lyr_unknown"))
    }
  }

  @Test func whatEndsAPersonsAccessEndsTheirClientsToo() async throws {
    try await PolicyFixture.with { policy in
      for end in ["user", "key", "server", "authorization", "organization"] {
        let tenant = try await policy.makeTenant()
        let server = try await tenant.createServer()
        let person = try await tenant.person()
        let tokens = try #require(
          try await tenant.redeem(try await tenant.code(server: server.id, by: person)).tokens)
        let waiting = try await tenant.code(server: server.id, by: person)
        switch end {
        case "user":
          let caller = try await policy.gateway.call(SessionEndpoints.verify, OnBehalf(person, Empty()))
          let id = try #require(caller.user?.id)
          _ = try await policy.gateway.call(
            SessionEndpoints.removeUser, OnBehalf(tenant.apiKey, Reference<UserKind>(id: id)))
        case "key":
          try policy.database.superuser("UPDATE api_key SET revoked_at = now() WHERE api_key_id = '\(tenant.keyId)'")
        case "server": try await tenant.delete(server.id)
        case "organization": try await tenant.close()
        default:
          let id = try #require(try await tenant.authorizations(of: person).first?.id)
          _ = try await policy.gateway.call(
            ClientAuthorizationEndpoints.revoke,
            OnBehalf(person, Reference<ClientAuthorizationKind>(id: id)))
        }
        #expect(await tenant.isAlive(tokens.accessToken.secret) == false, "\(end)")
        #expect(try await tenant.refresh(tokens.refreshToken.secret).refusal == .invalidGrant, "\(end)")
        #expect(try await tenant.redeem(waiting).refusal == .invalidGrant, "\(end)")
      }
    }
  }

  @Test func refreshingAndRevokingAtOnceHinderNobody() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      for _ in 0..<10 {
        let server = try await tenant.createServer()
        let person = try await tenant.person()
        let tokens = try #require(
          try await tenant.redeem(try await tenant.code(server: server.id, by: person)).tokens)
        let id = try #require(try await tenant.authorizations(of: person).first?.id)
        async let refreshed = tenant.refresh(tokens.refreshToken.secret)
        async let revoked = policy.gateway.call(
          ClientAuthorizationEndpoints.revoke, OnBehalf(person, Reference<ClientAuthorizationKind>(id: id)))
        let (answer, _) = try await (refreshed, revoked)
        if let token = answer.tokens?.accessToken.secret { #expect(await tenant.isAlive(token) == false) }
      }
    }
  }

  @Test func neitherTheDatabaseNorTheLogHoldsACodeOrAToken() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      let person = try await tenant.person()
      var canaries: [String] = []
      for _ in 0..<5 {
        let code = try await tenant.code(by: person)
        let tokens = try #require(try await tenant.redeem(code).tokens)
        let next = try #require(try await tenant.refresh(tokens.refreshToken.secret).tokens)
        for secret in [code, tokens.accessToken.secret, tokens.refreshToken.secret, next.refreshToken.secret] {
          canaries.append(secret.expose { $0 })
        }
      }
      let (dump, log) = (try policy.database.dump(), policy.log.text)
      #expect(canaries.filter { dump.contains($0) || log.contains($0) }.isEmpty)
    }
  }

  @Test func whatIsOverIsClearedAway() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      let person = try await tenant.person()
      var native = TestClient.document
      native.redirectUri = "http://127.0.0.1:5000/cb"
      _ = try await tenant.redeem(try await tenant.code(native, by: person), native)
      for table in ["client_code", "client_token", "client_authorization"] {
        try policy.database.superuser("UPDATE \(table) SET expires_at = now() - interval '2 days'")
      }
      let kept = try #require(try await tenant.redeem(try await tenant.code(by: person)).tokens)
      #expect(await tenant.isAlive(kept.accessToken.secret))
      #expect(try policy.database.superuser("SELECT count(*) FROM client_token") == "2\n")
      #expect(try policy.database.superuser("SELECT count(*) FROM client_code") == "1\n")
      #expect(
        try policy.database.superuser("SELECT client_id FROM client_authorization") == "\(TestClient.document.id)\n")
    }
  }
}
