import Model
import Providers
import ServiceKit

/// Checks an Integration at its provider without a person: what an owner would otherwise learn from a member's failed consent.
struct IntegrationDoctor: Sendable {
  let peers: PeerClients
  let resolver: ProviderResolver
  let discovery: MetadataDiscovery
  let tokens: TokenClient

  /// - Parameter grant: with ``Grant/Purpose/verify``; needed unless the request brings the secret to be tried.
  func check(_ request: CheckIntegration, under grant: SignedGrant) async throws -> [IntegrationCheck] {
    let resolved: ResolvedProvider
    do {
      resolved = try resolver.resolve(request.client)
    } catch let error as ProviderError {
      return [IntegrationCheck(name: "configuration", ok: false, detail: error.serviceError.detail)]
    }
    var checks = [IntegrationCheck(name: "configuration", ok: true, detail: "Endpoints and variables are complete.")]
    if let custom = request.client.custom, let issuer = custom.issuer {
      checks.append(await published(issuer, resolved))
    }
    let secret = try await secret(request, grant)
    checks += try await credentials(
      ClientCredentials(id: request.client.clientId, secret: secret), resolved, request.client)
    checks.append(revocation(resolved.provider))
    return checks
  }

  private func secret(_ request: CheckIntegration, _ grant: SignedGrant) async throws -> Secret<String>? {
    if let secret = request.clientSecret?.secret { return secret }
    return try await peers.call(
      SecretEndpoints.releaseClientSecret, Reference(id: request.client.integrationId), grant: grant
    ).clientSecret?.secret
  }

  /// Do the stored endpoints still stand in the published metadata?
  private func published(_ issuer: String, _ resolved: ResolvedProvider) async -> IntegrationCheck {
    let name = "discovery"
    guard let found = try? await discovery.metadata(of: issuer, exactly: true) else {
      return IntegrationCheck(
        name: name, ok: true, detail: "The server publishes no metadata for this issuer; the stored endpoints are used."
      )
    }
    let endpoints = resolved.provider.endpoints
    guard found.tokenEndpoint == endpoints.token, found.authorizationEndpoint == endpoints.authorization else {
      return IntegrationCheck(
        name: name, ok: false,
        detail: "The server now publishes other endpoints than those stored. Create the Integration again.")
    }
    return IntegrationCheck(name: name, ok: true, detail: "The published metadata agrees with what is stored.")
  }

  /// Exchanges a code that cannot exist: a provider that knows the client complains of the code, one that does not, of the client.
  private func credentials(
    _ client: ClientCredentials, _ resolved: ResolvedProvider, _ configuration: IntegrationClient
  ) async throws -> [IntegrationCheck] {
    let request = try resolved.codeExchange(
      code: Secret("lanyard-check"), redirectUri: configuration.redirectUri, verifier: PKCE().verifier, client: client)
    do {
      _ = try await tokens.tokens(request, of: resolved.provider, within: ProviderDeadline.exchange)
      return [
        IntegrationCheck(name: "token_endpoint", ok: false, detail: "It gave tokens for a code that does not exist.")
      ]
    } catch let failure as TokenFailure {
      let reached = IntegrationCheck(name: "token_endpoint", ok: true, detail: "It answers.")
      switch failure.failure {
      case .configError:
        let refused = "The provider refuses client id or secret (\(failure.reason))."
        return [reached, IntegrationCheck(name: "client_credentials", ok: false, detail: refused)]
      case _ where Self.isNoTokenEndpoint(failure.reason):
        let wrong = "What answers there is no token endpoint (\(failure.reason)). Check its URL."
        return [IntegrationCheck(name: "token_endpoint", ok: false, detail: wrong)]
      case _ where failure.failure == .outcomeUnknown || Self.isSilence(failure.reason):
        let silent = "It could not be reached (\(failure.reason)). Try again later."
        return [IntegrationCheck(name: "token_endpoint", ok: false, detail: silent)]
      default:
        let accepted = "The provider knows the client: it refused only the test code (\(failure.reason))."
        return [reached, IntegrationCheck(name: "client_credentials", ok: true, detail: accepted)]
      }
    }
  }

  private static func isNoTokenEndpoint(_ reason: String) -> Bool {
    ["unreadable_answer", "missing_access_token"].contains(reason)
  }

  private static func isSilence(_ reason: String) -> Bool {
    reason.hasPrefix("not_sent") || reason.hasPrefix("status_") || reason == "address_refused"
  }

  private func revocation(_ provider: Provider) -> IntegrationCheck {
    let detail =
      switch provider.revocation.style {
      case .rfc7009: "Tokens are revoked at the provider (RFC 7009)."
      case .request: "Tokens are revoked at the provider by its own request."
      case .none: "The provider has no revocation endpoint: tokens are forgotten here and end by themselves there."
      }
    return IntegrationCheck(name: "revocation", ok: true, detail: detail)
  }
}
