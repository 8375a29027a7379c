import Foundation
import Model
import ServiceKit
import TestSupport
import Testing

@testable import PolicyKit

@Suite("Access and grants")
struct AccessTests {
  private static let app = ApplicationDescription(id: "platform-app-1", appId: "com.example.mail", name: "Mail")

  private func request(
    _ purposes: Set<Grant.Purpose> = [.release], application: ApplicationDescription? = app,
    url: String? = "https://github.com/", scopes: [String]? = nil
  ) -> AccessRequest {
    AccessRequest(providerUrl: url, application: application, purposes: purposes, scopes: scopes)
  }

  @Test func aGrantSaysExactlyWhatWasAskedAndAllowed() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      let older = try await tenant.createIntegration()
      let newer = try await tenant.createIntegration()
      let created = try await tenant.createSession(CreateSession(user: .init(id: "alice")))
      let session = Tenant.hash(created.token.secret)
      let access = try await tenant.authorize(request([.release, .list]), as: session)
      #expect(access.decision.effect == .allow)
      #expect(access.decision.decidingRule == "organization-default")
      #expect(access.integrations.map(\.id) == [newer.id, older.id])
      #expect(access.integrations.first?.providerName == "GitHub")
      let scope = ConnectionScope(
        applicationType: .application, applicationId: "platform-app-1", appId: "com.example.mail")
      #expect(access.scope == scope)
      let grant = try policy.open(access.grant, presentedBy: .gateway)
      #expect(grant.organizationId == tenant.id)
      #expect(grant.userId == created.userId)
      #expect(grant.actor == Actor(kind: .application, id: "platform-app-1"))
      #expect(grant.purposes == [.release, .list])
      #expect(grant.integrationIds == [newer.id, older.id])
      #expect(grant.scope == scope)
      #expect(grant.flowId == nil)
      #expect(grant.presenters == [.gateway, .exchanger])
      #expect(grant.expiresAt.timeIntervalSince(grant.issuedAt) == 60)
      #expect(abs(grant.issuedAt.timeIntervalSinceNow) < 30)
    }
  }

  @Test(arguments: [Grant.Purpose.list, .connect, .revoke]) func onlyAReleaseGoesOnToTheExchanger(
    purpose: Grant.Purpose
  ) async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      _ = try await tenant.createIntegration()
      let access = try await tenant.authorize(request([purpose]), as: try await tenant.session())
      #expect(try policy.open(access.grant, presentedBy: .gateway).presenters == [.gateway])
      #expect(throws: (any Error).self) { try policy.open(access.grant, presentedBy: .exchanger) }
    }
  }

  @Test func anApplicationWithoutAnAppIdIsKnownByItsPlatformIdentity() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      _ = try await tenant.createIntegration()
      let access = try await tenant.authorize(
        request(application: ApplicationDescription(id: "only")), as: try await tenant.session())
      #expect(access.scope?.appId == "only")
    }
  }

  @Test func withoutAnIntegrationTheAnswerSaysWhoMustAct() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      let session = try await tenant.session()
      do {
        _ = try await tenant.authorize(request(), as: session)
        Issue.record("it was granted")
      } catch let error as ServiceError {
        #expect(error.code == .integrationNotFound)
        #expect(error.detail.contains("owner or admin"))
      }
      let made = try await tenant.createIntegration()
      #expect(await refusal { try await tenant.authorize(request(), as: session) } == nil)
      _ = try await policy.gateway.call(
        IntegrationEndpoints.update, OnBehalf(tenant.apiKey, Targeted(made.id, UpdateIntegration(status: .disabled))))
      #expect(await refusal { try await tenant.authorize(request(), as: session) } == .integrationNotFound)
    }
  }

  @Test func anotherOrganizationsIntegrationDoesNotExist() async throws {
    try await PolicyFixture.with { policy in
      let (one, two) = (try await policy.makeTenant("One"), try await policy.makeTenant("Two"))
      let made = try await one.createIntegration()
      for user in ["alice", "bob"] {
        let session = try await two.session(user)
        #expect(await refusal { try await two.authorize(request(), as: session) } == .integrationNotFound)
        let byId = AccessRequest(integrationId: made.id, application: Self.app, purposes: [.release])
        #expect(await refusal { try await two.authorize(byId, as: session) } == .integrationNotFound)
        let own = try await one.authorize(request(), as: try await one.session(user))
        #expect(try policy.open(own.grant, presentedBy: .gateway).organizationId == one.id)
      }
    }
  }

  @Test func scopesBeyondTheCeilingAreRefusedByName() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      var integration = Tenant.github
      integration.maximumScopes = ["repo"]
      _ = try await tenant.createIntegration(integration)
      let session = try await tenant.session()
      #expect(await refusal { try await tenant.authorize(request(scopes: ["repo"]), as: session) } == nil)
      do {
        _ = try await tenant.authorize(request(scopes: ["repo", "delete_repo"]), as: session)
        Issue.record("it was granted")
      } catch let error as ServiceError {
        #expect(error.code == .policyDenied)
        #expect(error.detail.contains("delete_repo"))
      }
    }
  }

  @Test func ambiguousAndEmptyRequestsAreRefused() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      let made = try await tenant.createIntegration()
      let session = try await tenant.session()
      let both = AccessRequest(
        providerUrl: "https://github.com", integrationId: made.id, application: Self.app, purposes: [.release])
      let requests = [
        both, request(url: "not a url"), request(url: "https://user@github.com"),
        request(scopes: ["a b"]), request(application: ApplicationDescription(id: "")),
        request(application: ApplicationDescription(id: String(repeating: "x", count: 257))),
        request(application: ApplicationDescription(id: ".")), request(application: ApplicationDescription(id: "..")),
      ]
      for request in requests {
        #expect(await refusal { try await tenant.authorize(request, as: session) } == .invalidRequest)
      }
    }
  }

  @Test func anApplicationThatNamesNoProviderGetsEveryEnabledIntegration() async throws {
    try await PolicyFixture.with { policy in
      let (tenant, other) = (try await policy.makeTenant("One"), try await policy.makeTenant("Two"))
      let session = try await tenant.session()
      func granted(_ purposes: Set<Grant.Purpose>) async throws -> Grant {
        let access = try await tenant.authorize(request(purposes, url: nil), as: session)
        return try policy.open(access.grant, presentedBy: .gateway)
      }
      #expect(try await granted([.release]).integrationIds == [])
      let github = try await tenant.createIntegration()
      let gitlab = try await tenant.createIntegration(
        CreateIntegration(name: "GitLab", provider: "gitlab", clientId: "c", clientSecret: WireSecret("s")))
      _ = try await other.createIntegration()
      for purposes in [Set<Grant.Purpose>([.release]), [.revoke]] {
        let grant = try await granted(purposes)
        #expect(grant.integrationIds == [gitlab.id, github.id])
        #expect(grant.scope?.applicationId == "platform-app-1")
        #expect(grant.purposes == purposes)
      }
      _ = try await policy.gateway.call(
        IntegrationEndpoints.update, OnBehalf(tenant.apiKey, Targeted(gitlab.id, UpdateIntegration(status: .disabled))))
      #expect(try await granted([.release]).integrationIds == [github.id])
    }
  }

  @Test func everyPersonFollowsTheirOwnFlows() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      let watch = AccessRequest(purposes: [.watch])
      let sessions = [try await tenant.session(), try await tenant.session("bob", charmId: "charm")]
      for session in sessions {
        let access = try await tenant.authorize(watch, as: session)
        let grant = try policy.open(access.grant, presentedBy: .gateway)
        #expect(grant.purposes == [.watch])
        #expect(grant.userId != nil)
        #expect(grant.scope == nil)
        #expect(grant.presenters == [.gateway])
      }
      #expect(await refusal { try await tenant.authorize(watch, as: tenant.apiKey) } == .forbidden)
      #expect(await refusal { try await tenant.authorize(request([.watch], url: nil), as: sessions[0]) } == .forbidden)
    }
  }

  @Test func peopleManageTheirOwnAndAdministratorsEveryones() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      let member = try await tenant.session("alice")
      let own = try await tenant.authorize(AccessRequest(purposes: [.list, .manage]), as: member)
      let grant = try policy.open(own.grant, presentedBy: .gateway)
      #expect(grant.scope == nil)
      #expect(grant.integrationIds == nil)
      #expect(grant.userId != nil)
      #expect(grant.actor == Actor(kind: .member, id: grant.userId?.rawValue))
      let all = AccessRequest(purposes: [.administer])
      #expect(await refusal { try await tenant.authorize(all, as: member) } == .forbidden)
      let byKey = try await tenant.authorize(all, as: tenant.apiKey)
      #expect(try policy.open(byKey.grant, presentedBy: .gateway).userId == nil)
      for role in [Role.owner, .admin] {
        #expect(
          await refusal { try await tenant.authorize(all, as: try await tenant.session("r\(role)", role: role)) } == nil
        )
      }
      #expect(
        await refusal { try await tenant.authorize(AccessRequest(purposes: [.list]), as: tenant.apiKey) } == .forbidden)
      #expect(await refusal { try await tenant.authorize(request(), as: tenant.apiKey) } == .forbidden)
    }
  }

  @Test(arguments: [Grant.Purpose.authorize, .writeSecret, .verify]) func someGrantsAreNeverGivenToCallers(
    purpose: Grant.Purpose
  ) async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      _ = try await tenant.createIntegration()
      let owner = try await tenant.session("boss", role: .owner)
      #expect(await refusal { try await tenant.authorize(request([purpose]), as: owner) } == .forbidden)
      #expect(await refusal { try await tenant.authorize(AccessRequest(purposes: [purpose]), as: owner) } == .forbidden)
    }
  }

  @Test func applicationsAreSeenAndCanBeBlocked() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      _ = try await tenant.createIntegration()
      let session = try await tenant.session()
      _ = try await tenant.authorize(request(), as: session)
      _ = try await tenant.authorize(
        request(application: ApplicationDescription(id: "platform-app-1", appId: "other")), as: session)
      let page = try await policy.gateway.call(ApplicationEndpoints.list, OnBehalf(tenant.apiKey, PageRequest()))
      #expect(page.items.map(\.id) == ["platform-app-1"])
      #expect(page.items.first?.appIds == ["com.example.mail", "other"])
      #expect(page.items.first?.name == "Mail")
      #expect(page.items.first?.state == .allowed)
      func set(_ state: Application.State, by credential: CredentialHash) async throws -> Application {
        try await policy.gateway.call(
          ApplicationEndpoints.update,
          OnBehalf(credential, TargetedApplication(id: "platform-app-1", update: UpdateApplication(state: state))))
      }
      #expect(await refusal { try await set(.blocked, by: session) } == .forbidden)
      #expect(try await set(.blocked, by: tenant.apiKey).state == .blocked)
      #expect(await refusal { try await tenant.authorize(request(), as: session) } == .applicationBlocked)
      #expect(try await set(.allowed, by: tenant.apiKey).state == .allowed)
      #expect(await refusal { try await tenant.authorize(request(), as: session) } == nil)
      let shown = try await policy.gateway.call(
        ApplicationEndpoints.show, OnBehalf(tenant.apiKey, TargetedApplication(id: "platform-app-1")))
      #expect(shown.state == .allowed)
      #expect(
        await refusal {
          try await policy.gateway.call(
            ApplicationEndpoints.show, OnBehalf(tenant.apiKey, TargetedApplication(id: "nobody")))
        } == .notFound)
    }
  }

  @Test(arguments: ["", "a\u{0}b", String(repeating: "x", count: 257)]) func anIdThatCannotBeOneIsRefused(
    id: String
  ) async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      let plain = TargetedApplication(id: id)
      let update = TargetedApplication(id: id, update: UpdateApplication(state: .blocked))
      for target in [plain, update] {
        let call = OnBehalf(tenant.apiKey, target)
        #expect(await refusal { try await policy.gateway.call(ApplicationEndpoints.update, call) } == .invalidRequest)
      }
    }
  }

  @Test(arguments: ["9223372036854775807 app", "0 a\u{0}", "x", "1"]) func aCursorOfNobodysIsRefused(
    text: String
  ) async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      let page = PageRequest(limit: 5, cursor: RandomText.base64URL(text.utf8))
      let call = OnBehalf(tenant.apiKey, page)
      #expect(await refusal { try await policy.gateway.call(ApplicationEndpoints.list, call) } == .invalidRequest)
    }
  }

  @Test func theAppIdsOfOneApplicationAreBounded() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      _ = try await tenant.createIntegration()
      let session = try await tenant.session()
      for number in 0..<40 {
        _ = try await tenant.authorize(
          request(application: ApplicationDescription(id: "many", appId: "id-\(number)")), as: session)
      }
      let shown = try await policy.gateway.call(
        ApplicationEndpoints.show, OnBehalf(tenant.apiKey, TargetedApplication(id: "many")))
      #expect(shown.appIds.count == 32)
    }
  }

  @Test func everyDecisionIsRecordedBeforeItsGrantLeaves() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      _ = try await tenant.createIntegration()
      let session = try await tenant.session()
      let access = try await tenant.authorize(request(), as: session)
      let grant = try policy.open(access.grant, presentedBy: .gateway)
      let recorded = try policy.database.superuser(
        "SELECT grant_id, application_id, app_id, outcome FROM audit_entry WHERE action = 'access.granted'")
      #expect(recorded == "\(grant.id)|platform-app-1|com.example.mail|succeeded\n")
      _ = await refusal { try await tenant.authorize(request(url: "https://gitlab.com"), as: session) }
      #expect(
        try policy.database.superuser("SELECT outcome FROM audit_entry WHERE action = 'access.refused'") == "refused\n")
    }
  }

  @Test func theCatalogueIsListedForEveryCaller() async throws {
    try await PolicyFixture.with { policy in
      let tenant = try await policy.makeTenant()
      let session = try await tenant.session()
      let page = try await policy.gateway.call(ProviderEndpoints.list, OnBehalf(session, PageRequest(limit: 200)))
      #expect(page.items.count >= 35)
      let sandbox = try #require(page.items.first { $0.id == "sandbox" })
      #expect(sandbox.providerUrl == PolicyFixture.sandboxIssuer)
      let first = try await policy.gateway.call(ProviderEndpoints.list, OnBehalf(session, PageRequest(limit: 10)))
      let second = try await policy.gateway.call(
        ProviderEndpoints.list, OnBehalf(session, PageRequest(limit: 10, cursor: first.nextCursor)))
      #expect(first.items.map(\.id) + second.items.map(\.id) == page.items.prefix(20).map(\.id))
      let github = try await policy.gateway.call(
        ProviderEndpoints.show, OnBehalf(session, ProviderReference(id: "github")))
      #expect(github.name == "GitHub")
      #expect(
        await refusal {
          try await policy.gateway.call(ProviderEndpoints.show, OnBehalf(session, ProviderReference(id: "nope")))
        } == .notFound)
    }
  }
}
