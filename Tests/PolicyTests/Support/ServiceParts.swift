import Audit
import Logging
import Model
import PostgreSQL
import ServiceKit
import ServiceTokens
import TestSupport

@testable import PolicyKit

/// Parts of the service put together by hand, for what cannot be reached from outside yet.
enum ServiceParts {
  /// The Integrations of a running service's database, with doubles for what uses them, and a caller with the API
  /// key. Its database client does not run: only what is refused before the first statement can be asked of it.
  static func integrations(
    _ policy: PolicyFixture, _ tenant: Tenant, uses: [IntegrationUses]
  ) async throws -> (IntegrationService, Principal) {
    let caller = try await policy.gateway.call(SessionEndpoints.verify, OnBehalf(tenant.apiKey, Empty()))
    let logger = policy.service.environment.logger
    let database = PostgresClient(configuration: policy.database.application, logger: logger)
    let audit = PolicyAudit(writer: AuditWriter(client: database, logger: logger))
    let grants = GrantIssuer(signer: policy.service.keys.grantSigner, now: policy.service.environment.now)
    let vault = Vault(peer: try requirePeer(policy), grants: grants)
    let store = IntegrationStore(database: database)
    let tasks = VaultTaskService(
      store: VaultTaskStore(database: database), vault: vault, integrations: store,
      users: UserStore(database: database), audit: audit, logger: logger)
    let service = IntegrationService(
      store: store, mutations: Mutations(database: database, audit: audit, changes: ChangeStore(database: database)),
      vault: vault, vaultTasks: tasks, providers: try ProviderDirectory(sandboxIssuer: nil, insecureHosts: []),
      grants: grants, uses: uses, publicUrl: PolicyFixture.publicUrl)
    return (
      service,
      Principal(caller: caller, keyScopes: Set(APIKeyScope.allCases), service: .gateway, requestId: "req_test")
    )
  }

  private static func requirePeer(_ policy: PolicyFixture) throws -> PeerClient {
    guard let peer = policy.service.environment.peers[.vault] else { throw ServiceError(.internalError, "no peer") }
    return peer
  }
}
