import Crypto
import Foundation
import Model
import ServiceKit
import TestSupport

@testable import VaultKit

/// A member of an organization who connects accounts for one Application at one Integration.
struct Person: Sendable {
  var organization = OrganizationID.random()
  var user = UserID.random()
  var integration = IntegrationID.random()
  var scope = ConnectionScope(applicationType: .application, applicationId: "app-1", appId: "com.example.app")

  // MARK: Grants

  func grant(
    _ purposes: Set<Grant.Purpose>, _ vault: VaultUnderTest, flow: FlowID? = nil,
    presenters: Set<ServiceName> = [.gateway, .exchanger]
  ) throws -> SignedGrant {
    try vault.keys.grant(
      organizationId: organization, userId: user, purposes: purposes, integrationIds: [integration], scope: scope,
      flowId: flow, presenters: presenters)
  }

  /// What the policy service gives to a person who follows their own flows: no Application, no Integration.
  func watch(_ vault: VaultUnderTest) throws -> SignedGrant {
    try vault.keys.grant(organizationId: organization, userId: user, purposes: [.watch])
  }

  func writeSecretGrant(_ vault: VaultUnderTest) throws -> SignedGrant {
    try vault.keys.grant(
      organizationId: organization, userId: user, purposes: [.writeSecret], presenters: [.policy])
  }

  func administer(_ vault: VaultUnderTest) throws -> SignedGrant {
    try vault.keys.grant(
      organizationId: organization, userId: user, purposes: [.administer], presenters: [.gateway, .policy])
  }

  // MARK: The way to a Connection

  func flowRequest(again: ConnectionID? = nil) -> CreateFlow {
    CreateFlow(
      integrationId: integration, scopes: ["mail.read"],
      application: ApplicationDescription(id: "app-1", appId: "com.example.app", name: "Example"),
      integrationName: "Sandbox", provider: "sandbox", providerName: "Sandbox",
      providerUrl: "https://provider.example", organizationName: "Acme", userDisplay: "ada@example.com",
      connectionId: again)
  }

  func createFlow(_ vault: VaultUnderTest, again: ConnectionID? = nil) async throws -> FlowFacts {
    try await vault.gateway.call(
      FlowEndpoints.create, flowRequest(again: again), grant: try grant([.connect], vault))
  }

  /// Begins a trip to the provider; the answer is what the browser would bring back.
  func begin(
    _ flow: FlowID, _ vault: VaultUnderTest, state: String = UUID().uuidString, verifier: String = "verifier"
  ) async throws -> ClaimAuthorization {
    let transaction = FlowTransaction(
      stateHash: hash(state), browserHash: hash("browser"), codeVerifier: WireSecret(verifier),
      nonce: WireSecret("nonce"), expectedIssuer: "https://provider.example", redirectUri: "https://x/oauth/callback",
      requestedScopes: ["mail.read", "openid"])
    _ = try await vault.exchanger.call(
      FlowEndpoints.beginAuthorization, BeginAuthorization(flowId: flow, transaction: transaction),
      grant: try grant([.authorize], vault, flow: flow))
    return ClaimAuthorization(stateHash: transaction.stateHash, browserHash: transaction.browserHash)
  }

  func tokens(
    _ access: String = "access-1", refresh: String? = "refresh-1", lifetime: Double? = 3_600, scopes: [String]? = nil,
    metadata: [String: String] = [:]
  ) -> TokenSet {
    TokenSet(
      accessToken: WireSecret(access), refreshToken: refresh.map { WireSecret($0) }, scopes: scopes,
      expiresAt: lifetime.map { Date(timeIntervalSinceNow: $0) }, metadata: metadata)
  }

  func complete(
    _ flow: FlowID, account: String, _ tokens: TokenSet, _ vault: VaultUnderTest, isGenerated: Bool? = nil
  ) async throws -> Connection {
    try await vault.exchanger.call(
      FlowEndpoints.complete,
      CompleteFlow(
        flowId: flow, tokens: tokens,
        account: ProviderAccount(
          id: account, displayIdentifier: "\(account)@example.com", displayName: account, isGenerated: isGenerated)),
      grant: try grant([.authorize], vault, flow: flow))
  }

  /// The whole way.
  func connect(
    _ vault: VaultUnderTest, account: String = "ada", tokens: TokenSet? = nil, again: ConnectionID? = nil,
    isGenerated: Bool? = nil
  ) async throws -> Connection {
    let flow = try await released(vault, again: again)
    return try await complete(flow, account: account, tokens ?? self.tokens(), vault, isGenerated: isGenerated)
  }

  /// A flow whose person has come back from the provider, ready to be completed.
  func released(_ vault: VaultUnderTest, again: ConnectionID? = nil) async throws -> FlowID {
    let flow = try await createFlow(vault, again: again).id
    let claim = try await begin(flow, vault)
    _ = try await vault.exchanger.call(FlowEndpoints.claimAuthorization, claim)
    _ = try await vault.exchanger.call(
      FlowEndpoints.releaseAuthorization, Reference(id: flow), grant: try grant([.authorize], vault, flow: flow))
    return flow
  }

  // MARK: Using it

  func resolve(
    _ vault: VaultUnderTest, _ request: ResolveConnection = ResolveConnection(waitSeconds: 0)
  ) async throws -> ResolvedConnection {
    try await vault.gateway.call(ConnectionEndpoints.resolve, request, grant: try grant([.release], vault))
  }

  func beginRefresh(
    _ id: ConnectionID, _ vault: VaultUnderTest, force: Bool = true
  ) async throws -> RefreshLease {
    try await vault.exchanger.call(
      RefreshEndpoints.begin, BeginRefresh(connectionId: id, force: force), grant: try grant([.release], vault))
  }

  func putSecret(_ text: String, _ vault: VaultUnderTest) async throws -> StoredSecret {
    try await vault.policy.call(
      SecretEndpoints.put,
      PutSecret(kind: .clientSecret, ownerId: integration.rawValue, value: WireSecret(text), expiresAt: nil),
      grant: try writeSecretGrant(vault))
  }
}

func hash(_ text: String) -> String {
  SHA256.hash(data: Data(text.utf8)).map { byte in
    let digits = String(byte, radix: 16)
    return digits.count == 1 ? "0\(digits)" : digits
  }.joined()
}

extension WireSecret {
  /// The text, for comparison in a test.
  var text: String { secret.expose { $0 } }
}

extension RefreshLease.Lease {
  func reference(_ id: ConnectionID) -> LeaseReference {
    LeaseReference(organizationId: organizationId, connectionId: id, fence: fence, generation: generation)
  }
}

extension RevocationReport {
  /// The states that occur.
  var counted: [String: Int] { totals.filter { $0.value > 0 } }
}
