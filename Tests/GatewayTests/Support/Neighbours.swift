import Foundation
import Model
import Synchronization
import TestSupport

@testable import GatewayKit

/// One stub for all three neighbours: their paths differ. It answers everything plausibly; a test overrides what it is about.
final class Neighbours: Sendable {
  typealias Answerer = @Sendable (StubService.Request) async throws -> StubService.Answer

  let keys: TestServiceKeys
  let changes = ChangeGate()
  /// The vault's.
  let connectionChanges = ChangeGate()
  let idempotency = IdempotencyMemory()
  let organizationId: OrganizationID
  let integrationId = IntegrationID.random()
  let userId: UserID
  private let overrides = Mutex<[String: Answerer]>([:])
  private let callers: [String: Caller]

  init() throws {
    keys = try TestServiceKeys()
    let (organizationId, userId) = (OrganizationID.random(), UserID.random())
    (self.organizationId, self.userId) = (organizationId, userId)
    let user = Caller.User(id: userId, externalId: "u1", email: "maya@example.com", name: "Maya")
    func caller(_ credential: Caller.Credential, _ role: Role, _ user: Caller.User?) -> Caller {
      Caller(
        credential: credential, credentialId: "ses_1", organizationId: organizationId, organizationName: "Acme",
        user: user, role: role, groups: ["sales"], charmId: nil, expiresAt: nil)
    }
    callers = [
      Self.hash("lys_member"): caller(.session, .member, user), Self.hash("lys_owner"): caller(.session, .owner, user),
      Self.hash("lyk_key"): caller(.apiKey, .owner, nil),
    ]
  }

  private static func hash(_ token: String) -> String {
    CredentialDigest(of: Secret(token)).onTheWire.secret.expose { $0 }
  }

  /// Breaks both feeds for good.
  func closeFeeds() {
    changes.close()
    connectionChanges.close()
  }

  /// Gives a path an answer of its own.
  func on<Req, Res>(_ endpoint: Endpoint<Req, Res>, _ answer: @escaping Answerer) {
    overrides.withLock { $0[endpoint.path] = answer }
  }

  func on<Req, Res>(_ endpoint: Endpoint<Req, Res>, _ value: Res) {
    on(endpoint) { _ in try .json(value) }
  }

  func fail<Req, Res>(_ endpoint: Endpoint<Req, Res>, _ error: ServiceError) {
    on(endpoint) { _ in try .problem(error) }
  }

  func answer(_ request: StubService.Request) async throws -> StubService.Answer {
    if let answer = overrides.withLock({ $0[request.path] }) { return try await answer(request) }
    if let answer = try idempotency.answer(request) { return answer }
    switch request.path {
    case ChangeEndpoints.poll.path, ChangeEndpoints.pollVault.path:
      let gate = request.path == ChangeEndpoints.poll.path ? changes : connectionChanges
      guard let page = await gate.page(try WireJSON.decode(ChangeQuery.self, from: request.body)) else {
        return try .problem(ServiceError(.unavailable, "The feed is broken."))
      }
      return try .json(page)
    case SessionEndpoints.verify.path:
      let asked = try WireJSON.decode(OnBehalf<Empty>.self, from: request.body)
      guard let caller = callers[asked.credential.secret.expose { $0 }] else {
        return try .problem(ServiceError(.unauthenticated, "Unknown credential."))
      }
      return try .json(caller)
    case AccessEndpoints.authorize.path: return try .json(access())
    case RefreshEndpoints.refresh.path: return try .json(RefreshOutcome(state: .refreshed))
    case ConnectionEndpoints.resolve.path: return try .json(ready())
    case FlowEndpoints.create.path: return try .json(facts(try WireJSON.decode(CreateFlow.self, from: request.body)))
    case FlowEndpoints.facts.path: return try .json(facts())
    case FlowEndpoints.status.path, FlowEndpoints.cancel.path, FlowEndpoints.fail.path:
      return try .json(FlowStatus(status: .failed, error: .init(code: .userCancelled, message: "Cancelled.")))
    default: return try management(request.path)
    }
  }

  private func management(_ path: String) throws -> StubService.Answer {
    switch path {
    case SessionEndpoints.create.path:
      try .json(CreatedSession(id: .random(), token: WireSecret("lys_new"), expiresAt: .now, userId: userId))
    case BrowserSessionEndpoints.createLink.path:
      try .json(CreatedSignInLink(token: WireSecret("lyl_new"), expiresAt: .now))
    case SessionEndpoints.end.path, SessionEndpoints.removeUser.path, IntegrationEndpoints.delete.path:
      try .json(Empty())
    case ProviderEndpoints.list.path: try .json(Page(items: [provider]))
    case ProviderEndpoints.show.path: try .json(provider)
    case IntegrationEndpoints.list.path: try .json(Page(items: [integration]))
    case IntegrationEndpoints.create.path, IntegrationEndpoints.show.path, IntegrationEndpoints.update.path,
      IntegrationEndpoints.rotateSecret.path:
      try .json(integration)
    case IntegrationEndpoints.authorizeCheck.path:
      try .json(ClientAccess(grant: grant(.verify), client: client))
    case IntegrationEndpoints.check.path:
      try .json([IntegrationCheck(name: "client_credentials", ok: true, detail: "Accepted.")])
    case ApplicationEndpoints.list.path: try .json(Page(items: [application]))
    case ApplicationEndpoints.show.path, ApplicationEndpoints.update.path: try .json(application)
    case ConnectionEndpoints.list.path: try .json(Page(items: [connection()]))
    case ConnectionEndpoints.show.path, ConnectionEndpoints.change.path: try .json(connection())
    case ConnectionEndpoints.uses.path, AuditEndpoints.connectionCalls.path: try .json(Page<ConnectionUse>(items: []))
    case ConnectionEndpoints.revoke.path, RevocationEndpoints.create.path:
      try .json(StartedRevocation(id: .random()))
    case KeyRotationEndpoints.begin.path, KeyRotationEndpoints.show.path: try .json(rotation)
    case KeyRotationEndpoints.list.path: try .json(Page(items: [rotation]))
    case RevocationEndpoints.report.path:
      try .json(RevocationReport(id: .random(), createdAt: .now, totals: ["revoked": 1], items: [], nextCursor: nil))
    default: try servers(path)
    }
  }

  private func servers(_ path: String) throws -> StubService.Answer {
    switch path {
    case MCPServerEndpoints.list.path: try .json(Page(items: [server]))
    case MCPServerEndpoints.create.path, MCPServerEndpoints.show.path, MCPServerEndpoints.update.path:
      try .json(server)
    case MCPServerEndpoints.delete.path, CharmEndpoints.delete.path: try .json(Empty())
    case MCPServerEndpoints.descriptors.path: try .json(Page(items: [descriptor]))
    case MCPServerEndpoints.descriptor.path: try .json(descriptor)
    case MCPServerEndpoints.tools.path: try .json(Page(items: [tool]))
    case MCPServerEndpoints.approveTool.path, MCPServerEndpoints.blockTool.path: try .json(tool)
    case AuditEndpoints.recordToolCalls.path: try .json(Empty())
    case MCPAccessEndpoints.authorize.path: try .json(MCPAccess(servers: [serverAccess], expiresAt: .now + 60))
    case ClientAuthorizationEndpoints.list.path: try .json(Page<ClientAuthorization>(items: []))
    case ClientAuthorizationEndpoints.revoke.path: try .json(Empty())
    case RuntimeEndpoints.servers.path: try .json(RuntimeServers(servers: []))
    case CharmEndpoints.list.path: try .json(Page(items: [charm]))
    case CharmEndpoints.create.path, CharmEndpoints.show.path, CharmEndpoints.update.path: try .json(charm)
    case AuditEndpoints.listPolicy.path, AuditEndpoints.listVault.path, AuditEndpoints.exportPolicy.path,
      AuditEndpoints.exportVault.path:
      try .json(AuditRecords(items: []))
    case AuditEndpoints.beginExport.path, WebhookEndpoints.delete.path: try .json(Empty())
    case WebhookEndpoints.create.path:
      try .json(CreatedWebhook(webhook: webhook, secret: WireSecret("whsec_c2VjcmV0")))
    case WebhookEndpoints.list.path: try .json(Page(items: [webhook]))
    case WebhookEndpoints.show.path, WebhookEndpoints.update.path: try .json(webhook)
    case WebhookEndpoints.deliveries.path: try .json(Page<WebhookDelivery>(items: []))
    case WebhookEndpoints.replay.path: try .json(delivery)
    default: try signIns(path)
    }
  }
}
