import Foundation
import Logging
import Model
import PostgreSQL
import ServiceKit
import ServiceTokens
import TestSupport
import Testing

@testable import PolicyKit

/// A running policy service on a real socket and a real database, with a stub for the vault.
struct PolicyFixture: Sendable {
  let service: RunningService
  let database: PolicyDatabase
  let vault: StubService
  let vaultStub: VaultStub
  let log: RecordedLog

  static let publicUrl = "https://lanyard.test"
  static let sandboxIssuer = "http://127.0.0.1:9"

  static func variables(_ database: PolicyDatabase) -> [String: String] {
    [
      "LANYARD_DATABASE_URL": database.applicationURL, "LANYARD_PUBLIC_URL": publicUrl,
      "LANYARD_SANDBOX_ISSUER": sandboxIssuer, "LANYARD_DATABASE_REQUIRE_FSYNC": "false",
    ]
  }

  /// Runs a service on a fresh database while `body` runs.
  static func with<Result>(_ body: (PolicyFixture) async throws -> Result) async throws -> Result {
    await Places.shared.take()
    do {
      let result = try await with(database: PolicyDatabase.make(), body)
      await Places.shared.giveBack()
      return result
    } catch {
      await Places.shared.giveBack()
      throw error
    }
  }

  /// Runs a service on a database of the caller's while `body` runs.
  static func with<Result>(
    database: PolicyDatabase, keys: TestServiceKeys? = nil, _ body: (PolicyFixture) async throws -> Result
  ) async throws -> Result {
    let stub = VaultStub()
    let log = RecordedLog()
    let answer: @Sendable (StubService.Request) async throws -> StubService.Answer = { try stub.answer($0) }
    return try await StubService.with(answer: answer) { vault in
      try await RunningService.with(
        PolicyApplication.self, keys: keys, variables: variables(database), peers: [.vault: vault.url], log: log
      ) { service in
        try await body(
          PolicyFixture(service: service, database: database, vault: vault, vaultStub: stub, log: log))
      }
    }
  }

  var gateway: PeerClient { service.client(as: .gateway) }
  var exchanger: PeerClient { service.client(as: .exchanger) }

  /// A new organization with its API key.
  func makeTenant(_ name: String = "Acme") async throws -> Tenant {
    let created = try await withOrganizations { try await $0.create(name: name) }
    return Tenant(policy: self, id: created.organizationId, keyId: created.apiKeyId, key: created.apiKey)
  }

  /// What operators do, on the service's database.
  func withOrganizations<Result: Sendable>(
    _ body: @Sendable (OrganizationService) async throws -> Result
  ) async throws -> Result {
    try await withPostgresClient(database.application) { client in
      try await body(
        OrganizationService(
          database: client, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }))
    }
  }

  /// What a grant says, as the named service would learn it on presenting it to the vault.
  func open(_ grant: SignedGrant, presentedBy presenter: ServiceName) throws -> Grant {
    try service.keys.credentials(of: .vault).grants.verify(grant.token.secret, presentedBy: presenter)
  }
}

/// An organization in a test, and the callers that it has.
struct Tenant: Sendable {
  let policy: PolicyFixture
  let id: OrganizationID
  let keyId: APIKeyID
  let key: Secret<String>

  /// What the gateway sends for the API key.
  var apiKey: CredentialHash { Self.hash(key) }

  static func hash(_ token: Secret<String>) -> CredentialHash { WireSecret(TokenHash(of: token).hexadecimal) }

  /// Closes the organization, as an operator does.
  func close() async throws { try await policy.withOrganizations { try await $0.close(id) } }

  func createSession(_ request: CreateSession) async throws -> CreatedSession {
    try await policy.gateway.call(SessionEndpoints.create, OnBehalf(apiKey, request))
  }

  /// A session of a user.
  func session(_ user: String = "alice", role: Role? = nil, charmId: String? = nil) async throws -> CredentialHash {
    let created = try await createSession(CreateSession(user: .init(id: user), role: role, charmId: charmId))
    return Self.hash(created.token.secret)
  }

  static let github = CreateIntegration(
    name: "GitHub", provider: "github", clientId: "client-1", clientSecret: WireSecret("canary-client-secret-1"),
    defaultScopes: ["repo"])

  func createIntegration(
    _ request: CreateIntegration = github, as credential: CredentialHash? = nil
  ) async throws -> Integration {
    try await policy.gateway.call(IntegrationEndpoints.create, OnBehalf(credential ?? apiKey, request))
  }

  func authorize(_ request: AccessRequest, as credential: CredentialHash) async throws -> ConnectionAccess {
    try await policy.gateway.call(AccessEndpoints.authorize, OnBehalf(credential, request))
  }
}

/// The code of the error that a call ends with, or nil when it succeeds.
func refusal<Result>(_ body: () async throws -> Result) async -> ErrorCode? {
  do {
    _ = try await body()
    return nil
  } catch let error as ServiceError {
    return error.code
  } catch {
    Issue.record("unexpected error: \(error)")
    return nil
  }
}
