import Foundation
import Model
import PostgreSQL
import ServiceKit
import TestSupport
import Testing

@testable import PolicyKit

@Suite("What people let MCP clients do")
struct ClientAuthorizationTests {
  @Test func onlyAPersonWhoSignedInCanAuthorize() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      let session = try await tenant.createSession(CreateSession(user: .init(id: "alice"), role: .owner))
      let handedOver = try await policy.gateway.call(
        BrowserSessionEndpoints.handOver, OnBehalf(Tenant.hash(session.token.secret), Empty()))
      #expect(await refusal { try await tenant.code(by: tenant.apiKey) } == .forbidden)
      #expect(await refusal { try await tenant.code(by: Tenant.hash(session.token.secret)) } == .forbidden)
      #expect(await refusal { try await tenant.code(by: Tenant.hash(handedOver.token.secret)) } == .unauthenticated)
      #expect(await refusal { try await tenant.code(by: try await tenant.person()) } == nil)
    }
  }

  @Test func consentIsRememberedForADocumentAtItsOwnAddressOnly() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      let server = try await tenant.createServer()
      let person = try await tenant.person()
      let registered = try await policy.gateway.call(
        RegisteredClientEndpoints.register, RegisterClient(name: "R", redirectUris: ["https://client.example/cb"]))
      var native = TestClient.document
      native.redirectUri = "http://127.0.0.1:5000/cb"
      let clients = [
        TestClient.document, native,
        TestClient(id: registered.id.rawValue, kind: .registered, redirectUri: "https://client.example/cb"),
      ]
      func isRemembered(_ client: TestClient, _ server: MCPServerID?, by person: CredentialHash) async throws -> Bool {
        try await policy.gateway.call(
          ClientAuthorizationEndpoints.review, OnBehalf(person, client.request(server))
        ).isRemembered
      }
      var remembered: [Bool] = []
      for client in clients {
        #expect(try await isRemembered(client, nil, by: person) == false)
        _ = try await tenant.code(client, by: person)
        remembered.append(try await isRemembered(client, nil, by: person))
      }
      #expect(remembered == [true, false, false], "neither a program on the machine nor a registration")
      #expect(try await isRemembered(.document, server.id, by: person) == false, "another server")
      #expect(try await isRemembered(.document, nil, by: try await tenant.person("bob")) == false, "another person")
      var (elsewhere, other) = (TestClient.document, TestClient.document)
      elsewhere.redirectUri = "https://client.example/other"
      other.id = "https://client.example/d.json"
      #expect(try await isRemembered(elsewhere, nil, by: person) == false, "another address")
      #expect(try await isRemembered(other, nil, by: person) == false, "another client")
      for authorization in try await tenant.authorizations(of: person) {
        _ = try await policy.gateway.call(
          ClientAuthorizationEndpoints.revoke,
          OnBehalf(person, Reference<ClientAuthorizationKind>(id: authorization.id)))
      }
      #expect(try await isRemembered(.document, nil, by: person) == false, "revoked")
    }
  }

  @Test func aPersonSeesAndRevokesTheirOwn() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      let other = try await policy.makeTenant("Other")
      let server = try await tenant.createServer()
      let (alice, bob) = (try await tenant.person("alice"), try await tenant.person("bob"))
      _ = try await tenant.redeem(try await tenant.code(server: server.id, by: alice))
      _ = try await tenant.code(server: server.id, by: alice)
      let mine = try await tenant.authorizations(of: try await tenant.session("alice"))
      let found = try #require(mine.first)
      #expect(mine.count == 1, "the same client for the same thing is one authorization")
      #expect(found.clientName == "Editor" && found.clientId == TestClient.document.id)
      #expect(found.mcpServerId == server.id && found.lastUsedAt != nil)
      #expect(try await tenant.authorizations(of: bob).isEmpty)
      func revoke(_ credential: CredentialHash) async -> ErrorCode? {
        await refusal {
          try await policy.gateway.call(
            ClientAuthorizationEndpoints.revoke,
            OnBehalf(credential, Reference<ClientAuthorizationKind>(id: found.id)))
        }
      }
      #expect(await revoke(bob) == .notFound)
      #expect(await revoke(try other.person("alice")) == .notFound)
      #expect(await revoke(tenant.apiKey) == .forbidden)
      #expect(await revoke(try tenant.session("alice", charmId: "c")) == .forbidden)
      #expect(await revoke(alice) == nil)
      #expect(await revoke(alice) == .notFound)
      #expect(try await tenant.authorizations(of: alice).isEmpty)
    }
  }

  @Test func anAuthorizationReachesOnlyServersOfThePersonsOrganization() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      let foreign = try await (try await policy.makeTenant("Other")).createServer()
      let off = try await tenant.createServer()
      try await tenant.update(off.id, UpdateMCPServer(status: .disabled))
      let person = try await tenant.person()
      for server in [foreign.id, off.id, .random()] {
        #expect(await refusal { try await tenant.code(server: server, by: person) } == .notFound)
        #expect(
          await refusal {
            try await policy.gateway.call(
              ClientAuthorizationEndpoints.review, OnBehalf(person, TestClient.document.request(server)))
          } == .notFound)
      }
    }
  }

  @Test func aRegisteredClientIsHeldToItsAddresses() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      let person = try await tenant.person()
      let registered = try await policy.gateway.call(
        RegisteredClientEndpoints.register,
        RegisterClient(name: "R", redirectUris: ["http://127.0.0.1:5000/cb", "https://client.example/cb"]))
      func code(_ address: String) async -> ErrorCode? {
        await refusal {
          try await tenant.code(
            TestClient(id: registered.id.rawValue, kind: .registered, redirectUri: address), by: person)
        }
      }
      for address in ["http://127.0.0.1:5000/cb", "http://127.0.0.1:61234/cb", "https://client.example/cb"] {
        #expect(await code(address) == nil, "\(address)")
      }
      for address in [
        "http://127.0.0.1:5000/other", "http://localhost:5000/cb", "https://client.example/cb?x=1",
        "https://client.example:444/cb", "https://evil.example/cb", "http://client.example/cb",
      ] { #expect(await code(address) == .invalidRequest, "\(address)") }
      #expect(
        await refusal {
          try await tenant.code(
            TestClient(id: "mcl_unknown", kind: .registered, redirectUri: "https://client.example/cb"), by: person)
        } == .notFound)
    }
  }

  @Test func anUnusedRegistrationEndsAndAUsedOneStays() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      let register = RegisterClient(name: "R", redirectUris: ["https://client.example/cb"])
      let (unused, used) = (
        try await policy.gateway.call(RegisteredClientEndpoints.register, register),
        try await policy.gateway.call(RegisteredClientEndpoints.register, register)
      )
      let client = TestClient(id: used.id.rawValue, kind: .registered, redirectUri: "https://client.example/cb")
      #expect(
        try await tenant.redeem(try await tenant.code(client, by: try await tenant.person()), client).tokens != nil)
      let days = try policy.database.superuser(
        "SELECT round(extract(epoch FROM expires_at - now()) / 86400) FROM registered_client ORDER BY expires_at")
      #expect(days == "1\n90\n")
      try policy.database.superuser(
        "UPDATE registered_client SET expires_at = now() - interval '1 s' WHERE client_id = '\(unused.id)'")
      #expect(
        await refusal {
          try await policy.gateway.call(RegisteredClientEndpoints.show, Reference<RegisteredClientKind>(id: unused.id))
        } == .notFound)
      _ = try await policy.gateway.call(RegisteredClientEndpoints.register, register)
      #expect(try policy.database.superuser("SELECT count(*) FROM registered_client") == "2\n")
    }
  }

  @Test func whereTooManyWaitTheOldestThatNobodyUsedMakesRoom() async throws {
    try await PolicyFixture.with { policy in
      let waiting = ClientLifetimes.waitingClients
      // A millisecond apart, the oldest with the highest number; and one that is in use, and older than all of them.
      try policy.database.superuser(
        """
        INSERT INTO registered_client (client_id, name, redirect_uris, created_at, expires_at)
          SELECT 'mcl_' || n, 'R', '{https://client.example/cb}', now() - n * interval '1 millisecond',
            now() - n * interval '1 millisecond' + interval '24 hours' FROM generate_series(1, \(waiting)) AS n;
        INSERT INTO registered_client (client_id, name, redirect_uris, created_at, expires_at) VALUES
          ('mcl_used', 'R', '{https://client.example/cb}', now() - interval '90 days', now() + interval '1 hour');
        """)
      let registered = try await policy.gateway.call(
        RegisteredClientEndpoints.register, RegisterClient(name: "R", redirectUris: ["https://client.example/cb"]))
      let ids = ["mcl_\(waiting)", "mcl_\(waiting - 1)", "mcl_1", "mcl_used", registered.id.rawValue]
      let left = try policy.database.superuser(
        "SELECT client_id FROM registered_client WHERE client_id IN ('\(ids.joined(separator: "', '"))')")
      #expect(Set(left.split(separator: "\n").map(String.init)) == Set(ids.dropFirst()))
      #expect(try policy.database.superuser("SELECT count(*) FROM registered_client") == "\(waiting + 1)\n")
    }
  }

  @Test func registrationsAreChecked() async throws {
    try await PolicyFixture.with { policy async throws in
      let good = "https://client.example/cb"
      for (name, addresses) in [
        ("", [good]), ("R\u{7}", [good]), (String(repeating: "n", count: 201), [good]), ("R", []),
        ("R", [String](repeating: good, count: 11)), ("R", [good, "http://evil.example/cb"]),
        ("R", ["app.example:/cb"]),
      ] {
        let code = await refusal {
          try await policy.gateway.call(
            RegisteredClientEndpoints.register, RegisterClient(name: name, redirectUris: addresses))
        }
        #expect(code == .invalidRequest, "\(name) \(addresses)")
      }
      #expect(try policy.database.superuser("SELECT count(*) FROM registered_client") == "0\n")
    }
  }

  @Test func theApplicationRoleSeesNoListOfClientsAndNoTokenOutsideAContext() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      _ = try await policy.gateway.call(
        RegisteredClientEndpoints.register, RegisterClient(name: "R", redirectUris: ["https://client.example/cb"]))
      _ = try await tenant.redeem(try await tenant.code(by: try await tenant.person()))
      let questions: [SQL] = [
        "SELECT 1 FROM registered_client", "SELECT 1 FROM client_authorization", "SELECT 1 FROM client_code",
        "SELECT 1 FROM client_token",
      ]
      for question in questions {
        let seen = try await withPostgresClient(policy.database.application) { try await $0.read(question).count }
        #expect(seen == 0, "\(question)")
      }
    }
  }
}
