import Model
import Providers
import ServiceKit

/// Sends a person to their provider: a fresh state, verifier and nonce for this trip, stored with the flow before the browser leaves.
struct AuthorizationStart: Sendable {
  let peers: PeerClients
  let resolver: ProviderResolver

  func start(_ request: StartAuthorization) async throws -> StartedAuthorization {
    let facts = try await peers.call(FlowEndpoints.facts, Reference(id: request.flowId))
    guard facts.status.status == .pending else {
      throw ServiceError(.flowExpired, "This authorization has ended. Go back to the application and connect again.")
    }
    let access = try await peers.call(AccessEndpoints.authorizeFlow, facts)
    let resolved = try resolver.resolve(access.client)
    let trip = Trip(facts, access, resolved)
    let transaction = trip.transaction(browserHash: request.browserHash, issuer: resolved.provider.issuer)
    _ = try await peers.call(
      FlowEndpoints.beginAuthorization, BeginAuthorization(flowId: facts.id, transaction: transaction),
      grant: access.grant)
    return StartedAuthorization(authorizationUrl: WireSecret(resolved.authorizationURL(trip.parameters)))
  }
}

/// What is made afresh for one trip to a provider.
private struct Trip {
  private let state = RandomText.base64URL(bytes: 32)
  private let nonce: String?
  private let pkce: PKCE?
  private let scopes: [String]
  private let client: IntegrationClient
  /// What the tokens are for (RFC 8707).
  private let resource: String?
  /// Which account the provider is to ask for: the one that is authorized again, or any.
  private let account: [String: String]

  init(_ facts: FlowFacts, _ access: ClientAccess, _ resolved: ResolvedProvider) {
    scopes = resolved.provider.scopes.requested(facts.request.scopes)
    nonce = scopes.contains("openid") ? RandomText.base64URL(bytes: 32) : nil
    pkce = resolved.provider.pkce == .off ? nil : PKCE()
    account =
      facts.request.accountHint.map { ["login_hint": $0] } ?? resolved.provider.authorization.accountChoice ?? [:]
    client = access.client
    resource = access.resource
  }

  var parameters: AuthorizationParameters {
    AuthorizationParameters(
      clientId: client.clientId, redirectUri: client.redirectUri, scopes: scopes, state: state,
      codeChallenge: pkce?.challenge ?? "", nonce: nonce, resource: resource, extra: account)
  }

  func transaction(browserHash: String, issuer: String?) -> FlowTransaction {
    FlowTransaction(
      stateHash: sha256Hexadecimal(state), browserHash: browserHash,
      codeVerifier: pkce.map { WireSecret($0.verifier) }, nonce: nonce.map { WireSecret($0) }, expectedIssuer: issuer,
      redirectUri: client.redirectUri, requestedScopes: scopes, resource: resource)
  }
}
