import Model
import Providers
import ServiceKit

/// The way to an organization's identity provider and back.
struct SignInRunner: Sendable {
  /// The person proves themselves anew, whoever is signed in there (OpenID Connect Core section 3.1.2.1).
  private static let stepUp = ["prompt": "login", "max_age": "0"]

  let peers: PeerClients
  let directory: IdentityProviderDirectory
  let tokens: TokenClient

  func start(_ request: StartSignIn) async throws -> StartedAuthorization {
    let client = try await peers.call(
      SignInEndpoints.begin,
      BeginSignIn(
        organizationId: request.organizationId, stateHash: request.state.secret.expose(sha256Hexadecimal),
        browserHash: request.browserHash, isStepUp: request.isStepUp))
    let known = try await directory.provider(client.issuer)
    let url = known.provider.authorizationURL(
      AuthorizationParameters(
        clientId: client.clientId, redirectUri: client.redirectUri, scopes: client.scopes,
        state: request.state.secret.expose { $0 }, codeChallenge: request.codeChallenge,
        nonce: request.nonce.secret.expose { $0 }, extra: request.isStepUp ? Self.stepUp : [:]))
    return StartedAuthorization(authorizationUrl: WireSecret(url))
  }

  /// - Throws: `invalid_state` before anything is asked of the provider, `sign_in_refused` when nobody is signed in, which is on record then.
  func finish(_ answer: FinishSignIn) async throws -> StartedBrowserSession {
    let reference = SignInReference(
      organizationId: answer.organizationId, stateHash: answer.state.secret.expose(sha256Hexadecimal))
    let claimed = try await peers.call(
      SignInEndpoints.claim,
      ClaimSignIn(
        organizationId: reference.organizationId, stateHash: reference.stateHash, browserHash: answer.browserHash))
    do {
      let claims = try await claims(answer, claimed)
      return try await peers.call(
        SignInEndpoints.complete, CompleteSignIn(signIn: reference, claims: claims, replaces: answer.replaces))
    } catch let failure as SignInFailure {
      _ = try await peers.call(
        SignInEndpoints.refuse, RefuseSignIn(signIn: reference, reason: failure.rawValue))
      throw failure
    }
  }

  private func claims(_ answer: FinishSignIn, _ claimed: ClaimedSignIn) async throws -> JSONValue {
    let client = claimed.client
    let known = try await directory.provider(client.issuer)
    // A stranger's answer is neither acted on nor shown, its error included.
    guard
      IssuerCheck.accepts(
        issuer: answer.issuer, expected: client.issuer,
        advertised: known.metadata.authorizationResponseIssParameterSupported ?? false)
    else { throw SignInFailure.foreignAnswer }
    if let error = answer.error { throw error == "access_denied" ? SignInFailure.declined : .providerError }
    guard let code = answer.code?.secret else { throw SignInFailure.providerError }
    let token = try SignedIDToken(try await identity(code, answer, claimed, known.provider))
    let key = try await directory.key(for: token, of: client.issuer)
    return try token.claims(
      verifiedBy: key, issuer: client.issuer, clientId: client.clientId, nonce: answer.nonce.secret)
  }

  /// Exchanges the code. Of what the provider gives, the ID token is all that is looked at; the rest is dropped.
  private func identity(
    _ code: Secret<String>, _ answer: FinishSignIn, _ claimed: ClaimedSignIn, _ provider: ResolvedProvider
  ) async throws -> Secret<String> {
    let released = try await peers.call(
      SecretEndpoints.releaseClientSecret, Reference(id: claimed.secretId), grant: claimed.grant)
    guard let secret = released.clientSecret else { throw SignInFailure.clientRefused }
    let client = LiveClient(id: claimed.client.clientId, secret: secret, versions: released.secretVersions)
    do {
      let exchanged = try await tokens.tokens(
        for: client, of: provider.provider, within: ProviderDeadline.exchange
      ) {
        try provider.codeExchange(
          code: code, redirectUri: claimed.client.redirectUri, verifier: answer.codeVerifier.secret, client: $0)
      }
      guard let identity = exchanged.answer.idToken else { throw SignInFailure.noIdentity }
      return identity
    } catch let failure as TokenFailure {
      throw SignInFailure(failure)
    }
  }
}
