import Foundation
import Model
import ServiceKit
import TestSupport
import Testing

@testable import PolicyKit

@Suite("Signing in with an identity provider")
struct SignInTests {
  @Test func aStateIsSpentOnceAndInItsOwnBrowser() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      try await tenant.putIdentityProvider()
      let trip = Trip()
      _ = try await policy.begin(trip, tenant)
      #expect(await refusal { try await policy.claim(trip, tenant, browser: Trip().browserHash) } == .invalidState)
      #expect(await refusal { try await policy.claim(trip, try await policy.makeTenant("Other")) } == .invalidState)
      let codes = await withTaskGroup(of: ErrorCode?.self) { group in
        for _ in 0..<20 { group.addTask { await refusal { try await policy.claim(trip, tenant) } } }
        return await group.reduce(into: [ErrorCode?]()) { $0.append($1) }
      }
      #expect(codes.count { $0 == nil } == 1 && codes.count { $0 == .invalidState } == 19)
    }
  }

  @Test func theGrantOpensTheProvidersSecretAndNothingElse() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      try await tenant.putIdentityProvider()
      let put = try #require(try policy.vault.received(SecretEndpoints.put).first)
      let trip = Trip()
      _ = try await policy.begin(trip, tenant)
      let claimed = try await policy.claim(trip, tenant)
      let grant = try policy.open(claimed.grant, presentedBy: .exchanger)
      #expect(grant.purposes == [.verify] && grant.integrationIds == [claimed.secretId] && grant.userId == nil)
      #expect(claimed.secretId.rawValue == put.ownerId && put.kind == .clientSecret)
      #expect(claimed.client.redirectUri == "\(PolicyFixture.publicUrl)/sign-in/callback/\(tenant.id)")
    }
  }

  @Test func nobodyIsSignedInWithoutAClaimedState() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      try await tenant.putIdentityProvider()
      let trip = Trip()
      _ = try await policy.begin(trip, tenant)
      #expect(await refusal { try await policy.complete(trip, tenant) } == .signInRefused)
      _ = try await policy.claim(trip, tenant)
      _ = try await policy.complete(trip, tenant)
      #expect(await refusal { try await policy.complete(trip, tenant) } == .signInRefused, "once")
      #expect(try policy.database.superuser("SELECT count(*) FROM browser_session") == "1\n")
    }
  }

  @Test func aProviderThatWasReplacedInTheMeantimeSignsNobodyIn() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      try await tenant.putIdentityProvider()
      let trip = Trip()
      _ = try await policy.begin(trip, tenant)
      _ = try await policy.claim(trip, tenant)
      try await tenant.putIdentityProvider(issuer: "https://other.example")
      #expect(await refusal { try await policy.complete(trip, tenant) } == .signInRefused)
      #expect(
        await refusal { try await policy.complete(trip, tenant, issuer: "https://other.example") } == .signInRefused)
      #expect(try policy.database.superuser("SELECT count(*) FROM member") == "0\n")
    }
  }

  @Test func aPersonIsTheIssuerWithTheSubjectAndNeverAnAddress() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      let vouched = try await tenant.createSession(CreateSession(user: .init(id: "ada", email: "ada@example.com")))
      try await tenant.putIdentityProvider()
      let first = try await policy.signIn(tenant, ["email": "ada@example.com"])
      let again = try await policy.signIn(tenant, ["email": "other@example.com"])
      let other = try await policy.signIn(tenant, ["sub": "bob", "email": "ada@example.com"])
      #expect(first.id == again.id && again.email == "other@example.com")
      #expect(Set([first.id, other.id, vouched.userId]).count == 3)
      #expect(
        await refusal {
          try await tenant.createSession(CreateSession(user: .init(id: first.externalId)))
        } == .invalidRequest, "a host platform cannot vouch for whom the identity provider knows")
    }
  }

  @Test func twentyFirstSignInsAtOnceMakeOnePerson() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      try await tenant.putIdentityProvider()
      let ids = try await withThrowingTaskGroup(of: UserID.self) { group in
        for _ in 0..<20 { group.addTask { try await policy.signIn(tenant).id } }
        return try await group.reduce(into: Set<UserID>()) { $0.insert($1) }
      }
      #expect(ids.count == 1)
      let rows = "SELECT string_agg(user_id, ',') FROM audit_entry WHERE action = 'user.created'"
      #expect(try policy.database.superuser(rows) == "\(try #require(ids.first))\n")
    }
  }

  @Test func whoeverWasRemovedComesBackOnlyWhenReadmitted() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      try await tenant.putIdentityProvider()
      let user = try await policy.signIn(tenant)
      try await tenant.remove(user.id)
      #expect(await refusal { try await policy.signIn(tenant) } == .signInRefused)
      let removed = try await tenant.users(.removed)
      #expect(removed.map(\.id) == [user.id] && removed.first?.email == nil)
      try await tenant.readmit(user.id)
      let back = try await policy.signIn(tenant)
      #expect(back.id != user.id)
      #expect(await refusal { try await tenant.readmit(user.id) } == .notFound)
    }
  }

  @Test func aLinkedPersonIsTheHostPlatformsAndNobodyTakesTheirPlace() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      let vouched = try await tenant.createSession(CreateSession(user: .init(id: "e1")))
      try await tenant.putIdentityProvider(linkClaim: "employee")
      #expect(try await policy.signIn(tenant, ["employee": "e1"]).id == vouched.userId)
      #expect(await refusal { try await policy.signIn(tenant, ["sub": "bob", "employee": "e1"]) } == .signInRefused)
      #expect(await refusal { try await policy.signIn(tenant, ["sub": "bob"]) } == .signInRefused)
      let carl = try await policy.signIn(tenant, ["sub": "carl", "employee": "e2"])
      let later = try await tenant.createSession(CreateSession(user: .init(id: "e2")))
      #expect(later.userId == carl.id)
    }
  }

  @Test func theLastOwnerStaysOneWhateverTheClaimsSay() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      try await tenant.putIdentityProvider(roles: ["boss": .owner])
      let ada = try await policy.signIn(tenant, ["roles": "boss"])
      _ = try await policy.signIn(tenant)
      #expect(try await tenant.users(.active).first { $0.id == ada.id }?.role == .owner)
      _ = try await policy.signIn(tenant, ["sub": "bob", "roles": "boss"])
      _ = try await policy.signIn(tenant)
      #expect(try await tenant.users(.active).first { $0.id == ada.id }?.role == .member)
    }
  }

  @Test func aSignInThatNobodyProvedAnewStepsNobodyUp() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      try await tenant.putIdentityProvider(roles: ["boss": .owner])
      let now = Int64(Date.now.timeIntervalSince1970)
      let old: [String: JSONValue] = ["roles": "boss", "auth_time": .integer(now - 3_600)]
      let stale = try await policy.session(tenant, old)
      let change = { (credential: CredentialHash) in
        try await policy.gateway.call(
          OrganizationEndpoints.update, OnBehalf(credential, UpdateOrganization(defaultEffect: .deny)))
      }
      #expect(await refusal { try await change(stale) } == .stepUpRequired)
      #expect(await refusal { try await policy.session(tenant, old, isStepUp: true) } == .signInRefused)
      #expect(await refusal { try await policy.session(tenant, ["roles": "boss"], isStepUp: true) } == .signInRefused)
      let fresh = try await policy.session(
        tenant, ["roles": "boss", "auth_time": .integer(now)], isStepUp: true)
      #expect(try await change(fresh).defaultEffect == .deny)
      let unsaid = try await policy.session(tenant, ["roles": "boss"])
      #expect(await refusal { try await change(unsaid) } == .stepUpRequired, "nobody said when")
    }
  }

  @Test func aSecretGoesToNoOtherClientAndAnOldOneIsDestroyed() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      #expect(await refusal { try await tenant.putIdentityProvider(secret: nil) } == .invalidRequest)
      try await tenant.putIdentityProvider()
      let first = try #require(try policy.vault.received(SecretEndpoints.put).first?.ownerId)
      try await tenant.putIdentityProvider(secret: nil, roles: ["boss": .owner])
      #expect(
        await refusal { try await tenant.putIdentityProvider(issuer: "https://x.example", secret: nil) }
          == .invalidRequest)
      #expect(try policy.vault.received(SecretEndpoints.delete).isEmpty)
      try await tenant.putIdentityProvider(secret: "another")
      #expect(try policy.vault.received(SecretEndpoints.delete).map(\.ownerId) == [first])
      let audit = try policy.database.superuser("SELECT string_agg(details::text, ' ') FROM audit_entry")
      #expect(!audit.contains("another") && audit.contains("boss=owner"))
    }
  }

  @Test(arguments: [
    PutIdentityProvider(issuer: "http://id.example.com", clientId: "c", clientSecret: WireSecret("s")),
    PutIdentityProvider(issuer: "https://id.example.com?x=1", clientId: "c", clientSecret: WireSecret("s")),
    PutIdentityProvider(issuer: "https://accounts.google.com", clientId: "c", clientSecret: WireSecret("s")),
    PutIdentityProvider(issuer: "https://id.example.com", clientId: "", clientSecret: WireSecret("s")),
    PutIdentityProvider(issuer: "https://id.example.com", clientId: "c", clientSecret: WireSecret("")),
    PutIdentityProvider(
      issuer: "https://id.example.com", clientId: "c", clientSecret: WireSecret("s"), scopes: ["email"]),
    PutIdentityProvider(
      issuer: "https://id.example.com", clientId: "c", clientSecret: WireSecret("s"),
      scopes: ["openid", "offline_access"]),
    PutIdentityProvider(
      issuer: "https://id.example.com", clientId: "c", clientSecret: WireSecret("s"), roleClaim: "roles"),
    PutIdentityProvider(
      issuer: "https://id.example.com", clientId: "c", clientSecret: WireSecret("s"), roleMapping: ["boss": .owner]),
    PutIdentityProvider(
      issuer: "https://id.example.com", clientId: "c", clientSecret: WireSecret("s"), roleClaim: "/a~",
      roleMapping: ["b": .owner]),
    PutIdentityProvider(
      issuer: "https://id.example.com", clientId: "c", clientSecret: WireSecret("s"), allowedDomains: []),
    PutIdentityProvider(
      issuer: "https://id.example.com", clientId: "c", clientSecret: WireSecret("s"), allowedDomains: ["@example.com"]),
  ])
  func whatCannotBeIsNamed(_ request: PutIdentityProvider) async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      #expect(
        await refusal {
          try await policy.gateway.call(IdentityProviderEndpoints.put, OnBehalf(tenant.apiKey, request))
        } == .invalidRequest)
      #expect(policy.vault.orders.isEmpty)
    }
  }

  @Test func membersAndAdminsChangeNothing() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      try await tenant.putIdentityProvider()
      for role in [Role.member, .admin] {
        let session = try await tenant.session("x-\(role)", role: role)
        #expect(
          await refusal {
            try await policy.gateway.call(IdentityProviderEndpoints.delete, OnBehalf(session, Empty()))
          } == .forbidden)
      }
    }
  }
}
