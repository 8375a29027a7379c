import Logging
import Model
import Providers
import ServiceKit

/// Takes the provider's answer to its end: a Connection, or a flow that says why there is none. A claimed flow never stays open.
struct AuthorizationFinish: Sendable {
  let peers: PeerClients
  let resolver: ProviderResolver
  let tokens: TokenClient
  let accounts: AccountLookup
  let revoker: TokenRevoker
  let logger: Logger

  /// - Throws: `invalid_state` when the answer belongs to no flow of this browser, `forbidden` when to somebody else's. Everything later
  ///   is told by the outcome.
  func finish(_ response: AuthorizationCallback) async throws -> AuthorizationOutcome {
    let claim = ClaimAuthorization(
      stateHash: response.state.secret.expose(sha256Hexadecimal), browserHash: response.browserHash,
      person: response.person)
    var facts = try await peers.call(FlowEndpoints.claimAuthorization, claim)
    do {
      let account = try await connect(response, facts)
      facts.status = try await peers.call(FlowEndpoints.facts, Reference(id: facts.id)).status
      return AuthorizationOutcome(facts: facts, account: account)
    } catch {
      facts.status = try await peers.call(
        FlowEndpoints.fail, FailFlow(flowId: facts.id, failure: failure(for: error)))
      return AuthorizationOutcome(facts: facts, account: nil)
    }
  }

  private func connect(_ response: AuthorizationCallback, _ facts: FlowFacts) async throws -> ProviderAccount {
    // The rules are asked again: they may have changed while the person was away.
    let access = try await peers.call(AccessEndpoints.authorizeFlow, facts)
    let resolved = try resolver.resolve(access.client)
    // A stranger's answer is neither acted on nor shown, its error included.
    guard
      IssuerCheck.accepts(
        issuer: response.issuer, expected: resolved.provider.issuer,
        advertised: resolved.provider.authorization.sendsIssuer ?? false),
      IssuerCheck.accepts(redirectKey: response.redirectKey, for: access.client.redirectUri)
    else { throw AuthorizationRefusal.foreignAnswer }
    guard let code = response.code?.secret, response.error == nil else {
      throw AuthorizationRefusal.refused(code: response.error ?? "missing_code")
    }
    let released = try await peers.call(
      FlowEndpoints.releaseAuthorization, Reference(id: facts.id), grant: access.grant)
    guard released.transaction.expectedIssuer == resolved.provider.issuer,
      released.transaction.redirectUri == access.client.redirectUri
    else { throw AuthorizationRefusal.integrationChanged }
    let client = LiveClient(
      id: access.client.clientId, secret: released.clientSecret, versions: released.secretVersions)
    let exchanged = try await tokens.tokens(for: client, of: resolved.provider, within: ProviderDeadline.exchange) {
      try resolved.codeExchange(
        code: code, redirectUri: released.transaction.redirectUri,
        verifier: released.transaction.codeVerifier?.secret ?? Secret(""), resource: released.transaction.resource,
        client: $0)
    }
    var set = exchanged.set
    set.scopes = set.scopes ?? released.transaction.requestedScopes
    let kept = response.parameters.filter { resolved.provider.callbackParameters.contains($0.key) }
    set.metadata.merge(kept) { fromAnswer, _ in fromAnswer }
    // Kept with the Connection for its refreshes, which must name the same.
    set.metadata[ConnectionMetadata.resource] = released.transaction.resource
    set.metadata.noteRenewal(resolved.provider.refresh)
    return try await store(
      set, exchanged, parameters: kept, transaction: released.transaction, facts, access, resolved)
  }

  /// Learns the account and stores. Tokens that the vault does not take are withdrawn at the provider rather than forgotten alive.
  private func store(
    _ set: TokenSet, _ exchanged: ClientAnswer, parameters: [String: String], transaction: FlowTransaction,
    _ facts: FlowFacts, _ access: ClientAccess, _ resolved: ResolvedProvider
  ) async throws -> ProviderAccount {
    do {
      let account = try await accounts.account(
        of: exchanged.answer, parameters: parameters, nonce: transaction.nonce?.secret,
        isForResource: transaction.resource != nil, provider: resolved, client: exchanged.client)
      try await complete(
        CompleteFlow(flowId: facts.id, tokens: set, account: account, secrets: exchanged.verdict), under: access.grant)
      return account
    } catch let error as ServiceError where error.facts[FlowEndpoints.sharesGrant] != nil {
      // The person holds this account under another Connection: revoking there would end that one too.
      throw error
    } catch {
      let outcome = await revoker.revoke(
        accessToken: set.accessToken.secret, refreshToken: set.refreshToken?.secret, at: resolved,
        clients: [exchanged.client])
      logger.warning(
        "tokens that could not be stored were withdrawn", metadata: ["outcome": "\(outcome.state.rawValue)"])
      throw error
    }
  }

  /// Stores the Connection. Where the answer was lost, the flow itself tells whether it was stored.
  private func complete(_ request: CompleteFlow, under grant: SignedGrant) async throws {
    do {
      _ = try await peers.call(FlowEndpoints.complete, request, grant: grant)
    } catch let error as ServiceError where error.code == .unavailable {
      let facts = try? await peers.call(FlowEndpoints.facts, Reference(id: request.flowId))
      guard facts?.status.status == .completed else { throw error }
    }
  }

  private func failure(for error: any Error) -> FlowStatus.Failure {
    switch error {
    case let refusal as AuthorizationRefusal: return refusal.failure
    case let failure as TokenFailure: return AuthorizationRefusal.exchangeFailed(failure).failure
    case let error as any ServiceErrorConvertible:
      return .init(code: error.serviceError.code, message: error.serviceError.detail)
    default:
      logger.error("a flow failed unexpectedly", metadata: ["errorType": "\(type(of: error))"])
      return .init(code: .internalError, message: "Something went wrong on our side. Connect again.")
    }
  }
}
