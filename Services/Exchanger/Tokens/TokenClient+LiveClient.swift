import Model
import Providers

/// What a provider gave to a client, and to which of its secrets.
struct ClientAnswer: Sendable {
  var answer: TokenAnswer
  var set: TokenSet
  /// The client with the secret that was taken.
  var client: ClientCredentials
  /// Absent where the vault does not tell the secrets apart.
  var verdict: ClientSecretVerdict?
}

extension TokenClient {
  /// Sends a token request with the client's newest secret and, only if the provider refuses that one, once more with the one before it.
  ///
  /// No code and no refresh token is spent by the first: a provider authenticates the client before it looks at the grant (RFC 6749
  /// sections 4.1.3 and 6 list the checks in this order), and `invalid_client` says that this failed (section 5.2). After any other answer,
  /// and after silence, nothing is sent again: the provider may have looked.
  ///
  /// - Throws: ``TokenFailure`` with what was said about the secrets.
  func tokens(
    for client: LiveClient, of provider: Provider, within deadline: Duration,
    _ request: (ClientCredentials) throws -> ProviderRequest
  ) async throws -> ClientAnswer {
    let started = ContinuousClock.now
    var verdict = ClientSecretVerdict()
    var refusal: TokenFailure?
    for (credentials, version) in client.attempts {
      let left = deadline - (ContinuousClock.now - started)
      if refusal != nil, left < ProviderDeadline.leastForAnother {
        throw TokenFailure(.transient, "not_enough_time", secrets: verdict)
      }
      do {
        let (answer, set) = try await tokens(try request(credentials), of: provider, within: left)
        verdict.accepted = version
        return ClientAnswer(answer: answer, set: set, client: credentials, verdict: verdict.orNil)
      } catch var failure as TokenFailure {
        if failure.isClientRefusal, let version { verdict.refused.append(version) }
        if failure.provesClient { verdict.accepted = version }
        failure.secrets = verdict.orNil
        guard failure.isClientRefusal else { throw failure }
        refusal = failure
      }
    }
    throw refusal ?? TokenFailure(.configError, "no_client")
  }
}

extension ClientSecretVerdict {
  fileprivate var orNil: ClientSecretVerdict? { accepted == nil && refused.isEmpty ? nil : self }
}
