import Foundation
import Model
import PostgreSQL
import ServiceKit
import TestSupport
import Testing

@testable import PolicyKit

@Suite("The person in the browser")
struct BrowserSessionTests {
  @Test func aLinkShowsWhomItSignsInAndIsSpentOnce() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant("Acme")
      let link = try await tenant.link("alice", role: .admin)
      for _ in 0..<3 {
        let facts = try await policy.show(link)
        #expect(facts.organizationName == "Acme" && facts.user.externalId == "alice" && facts.role == .admin)
      }
      let session = try await policy.spend(link)
      #expect(session.token.secret.expose { $0.hasPrefix("lyb_") && $0.count == 47 })
      #expect(abs(session.expiresAt.timeIntervalSinceNow - 28_800) < 30)
      let person = try await policy.person(Tenant.hash(session.token.secret))
      #expect(person.purpose == .signIn && person.caller.credential == .consoleSession)
      #expect(person.caller.role == .admin && person.caller.user?.externalId == "alice")
      #expect(await refusal { try await policy.show(link) } == .notFound)
      #expect(await refusal { try await policy.spend(link) } == .notFound)
      let actions = try policy.database.superuser("SELECT string_agg(action, ' ' ORDER BY seq) FROM audit_entry")
      #expect(actions.contains("sign-in-link.created person.signed-in"))
    }
  }

  @Test func ofManyThatSpendALinkAtOnceOneGetsASession() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      let link = try await tenant.link("alice")
      let codes = await withTaskGroup(of: ErrorCode?.self) { group in
        for _ in 0..<20 { group.addTask { await refusal { try await policy.spend(link) } } }
        return await group.reduce(into: [ErrorCode?]()) { $0.append($1) }
      }
      #expect(codes.count { $0 == nil } == 1 && codes.count { $0 == .notFound } == 19)
      #expect(try policy.database.superuser("SELECT count(*) FROM browser_session") == "1\n")
    }
  }

  @Test(arguments: [
    "UPDATE sign_in_link SET expires_at = now() - interval '1 second'",
    "UPDATE api_key SET revoked_at = now()", "UPDATE member SET removed_at = now()",
  ])
  func aLinkThatWasTakenBackOrIsOverIsUseless(script: String) async throws {
    try await PolicyFixture.with { policy in
      let link = try await policy.makeTenant().link("alice")
      try policy.database.superuser(script)
      #expect(await refusal { try await policy.show(link) } == .notFound)
      #expect(await refusal { try await policy.spend(link) } == .notFound)
      #expect(try policy.database.superuser("SELECT count(*) FROM browser_session") == "0\n")
    }
  }

  @Test(arguments: [
    "UPDATE browser_session SET idle_expires_at = now()",
    "UPDATE browser_session SET idle_expires_at = now(), expires_at = now()",
    "UPDATE api_key SET revoked_at = now()", "UPDATE member SET removed_at = now()",
  ])
  func aSessionEndsByTimeAndWithWhoeverVouchedForIt(script: String) async throws {
    try await PolicyFixture.with { policy in
      let session = try await policy.signedIn(try await policy.makeTenant(), "alice")
      #expect(await refusal { try await policy.person(session) } == nil)
      try policy.database.superuser(script)
      #expect(await refusal { try await policy.person(session) } == .unauthenticated)
      #expect(await refusal { try await policy.verify(session) } == .unauthenticated)
    }
  }

  @Test func theIdleTimeMovesOnWithUseAndNeverBeyondTheEnd() async throws {
    try await PolicyFixture.with { policy in
      let session = try await policy.signedIn(try await policy.makeTenant(), "alice")
      let left = "SELECT round(extract(epoch FROM idle_expires_at - now())) FROM browser_session"
      try policy.database.superuser("UPDATE browser_session SET idle_expires_at = now() + interval '5 minutes'")
      _ = try await policy.person(session)
      #expect(try #require(Int(policy.database.superuser(left).dropLast())) > 3_500)
      try policy.database.superuser(
        """
        UPDATE browser_session SET idle_expires_at = now() + interval '1 minute', \
        expires_at = now() + interval '10 minutes'
        """)
      _ = try await policy.person(session)
      #expect(try policy.database.superuser("SELECT idle_expires_at = expires_at FROM browser_session") == "t\n")
    }
  }

  @Test func anotherSignInEndsTheSessionThatItReplaces() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      let first = try await policy.signedIn(tenant, "alice")
      let link = try await tenant.link("alice")
      let second = try await policy.gateway.call(
        BrowserSessionEndpoints.signIn, SpendSignInLink(credential: link, replaces: first))
      #expect(await refusal { try await policy.person(first) } == .unauthenticated)
      #expect(await refusal { try await policy.person(Tenant.hash(second.token.secret)) } == nil)
    }
  }

  @Test func signingOutEndsTheSessionAndTellsTheFeed() async throws {
    try await PolicyFixture.with { policy in
      let session = try await policy.signedIn(try await policy.makeTenant(), "alice")
      for _ in 0..<2 {
        _ = try await policy.gateway.call(BrowserSessionEndpoints.end, PresentedCredential(credential: session))
      }
      #expect(await refusal { try await policy.person(session) } == .unauthenticated)
      #expect(try policy.database.superuser("SELECT count(*) FROM change WHERE kind = 'credential'") == "1\n")
      let signedOut = "SELECT count(*) FROM audit_entry WHERE action = 'person.signed-out'"
      #expect(try policy.database.superuser(signedOut) == "1\n")
    }
  }

  @Test func offboardingEndsSessionsAndLinksAtOnce() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      let session = try await policy.signedIn(tenant, "alice")
      let link = try await tenant.link("alice")
      let id = try #require(try await policy.person(session).caller.user?.id)
      _ = try await policy.gateway.call(
        SessionEndpoints.removeUser, OnBehalf(tenant.apiKey, Reference<UserKind>(id: id)))
      #expect(await refusal { try await policy.person(session) } == .unauthenticated)
      #expect(await refusal { try await policy.spend(link) } == .notFound)
      let rows = "SELECT (SELECT count(*) FROM browser_session) + (SELECT count(*) FROM sign_in_link)"
      #expect(try policy.database.superuser(rows) == "0\n")
    }
  }

  @Test func onlyAnAPIKeyWithTheScopeMakesLinks() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      let owner = try await tenant.session("boss", role: .owner)
      let signedIn = try await policy.signedIn(tenant, "boss", role: .owner)
      for credential in [owner, signedIn] {
        let request = OnBehalf(credential, CreateSignInLink(user: .init(id: "u")))
        #expect(
          await refusal { try await policy.gateway.call(BrowserSessionEndpoints.createLink, request) } == .forbidden)
      }
      #expect(await refusal { try await tenant.link("") } == .invalidRequest)
      try policy.database.superuser("UPDATE api_key SET scopes = '{configuration}'")
      #expect(await refusal { try await tenant.link("u") } == .forbidden)
    }
  }

  @Test func withoutARoleALinkLendsWhatThePersonHas() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      #expect(try await policy.show(try await tenant.link("new")).role == .member)
      _ = try await tenant.session("boss", role: .owner)
      #expect(try await policy.show(try await tenant.link("boss")).role == .owner)
      let asMember = try await tenant.link("boss", role: .member)
      #expect(try await policy.show(asMember).role == .member)
    }
  }

  @Test func aSignedInOwnerConfiguresAndAMemberDoesNot() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      let owner = try await policy.signedIn(tenant, "boss", role: .owner)
      let member = try await policy.signedIn(tenant, "alice")
      _ = try await tenant.createIntegration(as: owner)
      #expect(await refusal { try await tenant.createIntegration(as: member) } == .forbidden)
    }
  }

  @Test func whatIsHandedOverOpensTheConnectPageAloneAndEndsWithTheSession() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      let session = try await tenant.createSession(CreateSession(user: .init(id: "alice"), role: .owner))
      let started = try await policy.handOver(Tenant.hash(session.token.secret))
      #expect(abs(started.expiresAt.timeIntervalSinceNow - 3_600) < 30)
      let browser = Tenant.hash(started.token.secret)
      let person = try await policy.person(browser)
      #expect(person.purpose == .connect && person.caller.user?.id == session.userId)
      #expect(await refusal { try await policy.verify(browser) } == .unauthenticated)
      #expect(await refusal { try await tenant.createIntegration(as: browser) } == .unauthenticated)
      _ = try await policy.gateway.call(
        SessionEndpoints.end, OnBehalf(tenant.apiKey, Reference<SessionKind>(id: session.id)))
      #expect(await refusal { try await policy.person(browser) } == .unauthenticated)
    }
  }

  @Test func nothingButAMembersOwnSessionIsHandedOver() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      let refused = [
        tenant.apiKey, try await tenant.session("alice", charmId: "charm-1"),
        try await policy.signedIn(tenant, "alice"),
      ]
      for credential in refused {
        #expect(await refusal { try await policy.handOver(credential) } == .forbidden)
      }
      #expect(try policy.database.superuser("SELECT count(*) FROM browser_session WHERE purpose = 'connect'") == "0\n")
    }
  }

  @Test func aHashShowsItsOwnRowAndNoOther() async throws {
    try await PolicyFixture.with { policy in
      let (one, two) = (try await policy.makeTenant("One"), try await policy.makeTenant("Two"))
      let session = try await policy.signedIn(one, "alice")
      _ = try await policy.signedIn(two, "bob")
      _ = try await two.link("bob")
      try await withPostgresClient(policy.database.application) { client in
        let hash = try #require(TokenHash(session))
        let seen = try await client.read(
          in: .credential(hash),
          "SELECT organization_id FROM browser_session UNION ALL SELECT organization_id FROM sign_in_link")
        #expect(try seen.map { try $0.get("organization_id", as: String.self) } == [one.id.rawValue])
        #expect(try await client.read("SELECT 1 FROM browser_session").isEmpty)
        let own = try await client.read(
          in: .organization(two.id), "SELECT DISTINCT organization_id FROM sign_in_link")
        #expect(try own.map { try $0.get("organization_id", as: String.self) } == [two.id.rawValue])
      }
    }
  }
}

extension Tenant {
  /// The hash of a new link's token.
  fileprivate func link(_ user: String, role: Role? = nil) async throws -> CredentialHash {
    let created = try await policy.gateway.call(
      BrowserSessionEndpoints.createLink, OnBehalf(apiKey, CreateSignInLink(user: .init(id: user), role: role)))
    return Self.hash(created.token.secret)
  }
}

extension PolicyFixture {
  fileprivate func show(_ link: CredentialHash) async throws -> SignInLinkFacts {
    try await gateway.call(BrowserSessionEndpoints.showLink, PresentedCredential(credential: link))
  }

  fileprivate func spend(_ link: CredentialHash) async throws -> StartedBrowserSession {
    try await gateway.call(BrowserSessionEndpoints.signIn, SpendSignInLink(credential: link, replaces: nil))
  }

  fileprivate func person(_ session: CredentialHash) async throws -> BrowserPerson {
    try await gateway.call(BrowserSessionEndpoints.verify, PresentedCredential(credential: session))
  }

  fileprivate func verify(_ credential: CredentialHash) async throws -> Caller {
    try await gateway.call(SessionEndpoints.verify, OnBehalf(credential, Empty()))
  }

  fileprivate func handOver(_ credential: CredentialHash) async throws -> StartedBrowserSession {
    try await gateway.call(BrowserSessionEndpoints.handOver, OnBehalf(credential, Empty()))
  }

  /// A browser in which somebody has just signed in.
  fileprivate func signedIn(_ tenant: Tenant, _ user: String, role: Role? = nil) async throws -> CredentialHash {
    Tenant.hash(try await spend(try await tenant.link(user, role: role)).token.secret)
  }
}
