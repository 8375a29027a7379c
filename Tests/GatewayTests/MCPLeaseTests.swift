import Foundation
import HTTPTypes
import Model
import Synchronization
import TestSupport
import Testing

@testable import GatewayKit

/// How long the gateway holds a token, and what takes it away.
@Suite struct MCPLeaseTests {
  private static let oauth: @Sendable (inout MCPDirectory.Entry) -> Void = {
    $0.auth = MCPServerAuth(type: .oauth, integrationId: .random())
    $0.scopes = ["repo"]
  }
  private static let staticToken: @Sendable (inout MCPDirectory.Entry) -> Void = {
    $0.auth = MCPServerAuth(type: .staticToken, prefix: "Bearer")
  }

  private func releases(_ world: MCPWorld) -> Int {
    world.gateway.calls(ConnectionEndpoints.resolve).count
      + world.gateway.calls(SecretEndpoints.releaseStaticToken).count
  }

  private func each(_ body: (MCPWorld) async throws -> Void) async throws {
    for change in [Self.oauth, Self.staticToken] {
      try await MCPWorld.with(change: change) { world async throws in
        world.gateway.neighbours.on(
          SecretEndpoints.releaseStaticToken, ReleasedStaticToken(token: WireSecret("static-1")))
        try await body(world)
      }
    }
  }

  @Test func theVaultIsAskedOnceForASessionAndTheLifeOfAGrant() async throws {
    try await each { world async throws in
      let client = try await world.client()
      _ = try await client.list()
      let before = releases(world)
      try await withThrowingTaskGroup(of: String.self) { group in
        for _ in 0..<64 { group.addTask { try await client.call("echo").text } }
        for try await text in group { #expect(text == "hi") }
      }
      #expect(releases(world) == before + 1)
      #expect(world.stub.calls.count == 64)
      _ = try await world.client(as: "lys_owner").call("echo")
      #expect(releases(world) == before + 2, "another session")
    }
  }

  @Test func everyChangeOfTheOrganizationTakesTheTokenAway() async throws {
    try await each { world async throws in
      let (client, n) = (try await world.client(), world.gateway.neighbours)
      _ = try await client.call("echo")
      for gate in [n.connectionChanges, n.changes] {
        let before = releases(world)
        await gate.publish(.random())
        _ = try await client.call("echo")
        #expect(releases(world) == before, "another organization's change")
        await gate.publish(n.organizationId)
        _ = try await client.call("echo")
        #expect(releases(world) == before + 1)
      }
    }
  }

  @Test func aRevokedTokenIsNotSentAgain() async throws {
    try await MCPWorld.with(change: Self.oauth) { world async throws in
      let (client, n) = (try await world.client(), world.gateway.neighbours)
      _ = try await client.call("echo")
      n.on(ConnectionEndpoints.resolve) { _ in try .json(ResolvedConnection(outcome: .none)) }
      await n.connectionChanges.publish(n.organizationId)
      #expect(try await client.call("echo").isError)
      #expect(world.stub.calls.count == 1)
    }
  }

  @Test func aTokenThatTheServerRefusesIsNotSentAgain() async throws {
    try await MCPWorld.with(change: Self.oauth) { world async throws in
      let (client, n) = (try await world.client(), world.gateway.neighbours)
      _ = try await client.call("echo")
      let before = releases(world)
      // Somebody else has refreshed it meanwhile: the vault has another one.
      n.on(ConnectionEndpoints.resolve) { _ in try .json(n.ready("access-2")) }
      world.stub.change { script in
        script.admit = { $0.headers["authorization"] == "Bearer access-2" ? nil : .body("", status: 401) }
      }
      for _ in 0..<3 { #expect(try await client.call("echo").text == "hi") }
      #expect(world.gateway.calls(RefreshEndpoints.refresh).isEmpty, "there was a new one already")
      #expect(world.stub.calls.filter { $0.headers["authorization"] == "Bearer access-1" }.count <= 2)
      #expect(releases(world) == before + 1)
    }
  }

  @Test func aNewStaticTokenIsFetchedWhenTheOldOneIsRefused() async throws {
    try await MCPWorld.with(change: Self.staticToken) { world async throws in
      let n = world.gateway.neighbours
      let token = Mutex("static-1")
      n.on(SecretEndpoints.releaseStaticToken) { _ in
        try .json(ReleasedStaticToken(token: WireSecret(token.withLock { $0 })))
      }
      let client = try await world.client()
      _ = try await client.call("echo")
      let before = releases(world)
      token.withLock { $0 = "static-2" }
      world.stub.change { script in
        script.admit = { $0.headers["authorization"] == "Bearer static-2" ? nil : .body("", status: 401) }
      }
      #expect(try await client.call("echo").text == "hi")
      #expect(releases(world) == before + 1)
    }
  }

  private static func credential(_ token: String, until end: Date? = nil) throws -> MCPCredential {
    var connection = try Neighbours().connection()
    connection.expiresAt = end
    return MCPCredential(header: (.authorization, Secret(token)), connection: connection)
  }

  private static func key(_ leases: MCPLeases) throws -> (MCPLeases.Key, OrganizationID) {
    let neighbours = try Neighbours()
    let directory = MCPDirectory(neighbours)
    let id = directory.add("mail", "https://mail.example", staticToken)
    let caller = Caller(
      credential: .session, credentialId: "ses_1", organizationId: neighbours.organizationId, organizationName: "Acme",
      user: nil, role: .member, groups: [], charmId: nil, expiresAt: nil)
    let identity = CallerIdentity(caller: caller, credential: CredentialDigest(of: Secret("lys_member")))
    let access = try directory.access(to: id)
    return (try #require(leases.key(access, identity)), neighbours.organizationId)
  }

  @Test func nothingIsHeldBeyondTheGrantTheTokenAndTheFeeds() throws {
    let leases = MCPLeases()
    let (key, organization) = try Self.key(leases)
    let token = try Self.credential("a")
    func keep(_ credential: MCPCredential, until end: Date) {
      leases.keep(.credential(credential), for: key, until: end, in: organization, askedIn: leases.cache.epoch)
    }
    func isHeld(_ now: Date = .now) -> Bool { leases.cache.value(for: key, now: now) != nil }
    leases.cache.feedFollowed(.policy)
    keep(token, until: .now + 60)
    #expect(!isHeld(), "the vault's changes are not seen")
    leases.cache.feedFollowed(.vault)
    keep(token, until: .now + 60)
    #expect(isHeld() && !isHeld(.now + 61), "the grant's end")
    keep(try Self.credential("a", until: .now + 5), until: .now + 60)
    #expect(isHeld() && !isHeld(.now + 6), "the token's own end")
    leases.cache.dropEnding(before: .now + 7)
    #expect(!isHeld(), "and it is gone from memory")
    keep(token, until: .now + 60)
    leases.drop(key, refused: try Self.credential("b"))
    #expect(isHeld(), "another one was refused")
    leases.drop(key, refused: try Self.credential("a"))
    #expect(!isHeld())
    for source in [ServiceName.vault, .policy] {
      keep(token, until: .now + 60)
      #expect(isHeld())
      leases.cache.feedLost(source)
      #expect(!isHeld(), "\(source)")
      leases.cache.feedFollowed(source)
    }
  }
}
