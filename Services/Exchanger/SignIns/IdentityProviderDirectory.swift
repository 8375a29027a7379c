import Egress
import Foundation
import Model
import Providers

/// What identity providers say about themselves: where they are asked, and with which keys they sign. Kept for a while.
///
/// A key that is not known is looked for again at once, so that a provider can change its keys at any time, and not more often than
/// ``refetchSeconds`` apart, so that nobody can make us ask for each token that they invent.
actor IdentityProviderDirectory {
  /// Seconds that an answer is kept: how long a key that a provider has taken away goes on working.
  static let keptSeconds = 600.0
  /// Seconds between two looks for keys that are not known.
  static let refetchSeconds = 10.0
  /// Providers that are remembered.
  private static let maximumCount = 1_000
  private static let deadline = Duration.seconds(8)

  /// A provider as it describes itself.
  struct Known: Sendable {
    var provider: ResolvedProvider
    var metadata: AuthorizationServerMetadata
    var keysAt: String
  }

  private struct Keys {
    var keys: [VerificationKey]
    var fetchedAt: Date
  }

  private let transport: any ProviderTransport
  private let policy: EgressPolicy
  private let now: @Sendable () -> Date
  private var known: [String: (value: Known, until: Date)] = [:]
  private var keys: [String: Keys] = [:]

  init(transport: any ProviderTransport, policy: EgressPolicy, now: @escaping @Sendable () -> Date = { .now }) {
    self.transport = transport
    self.policy = policy
    self.now = now
  }

  /// - Throws: `provider_unavailable`.
  func provider(_ issuer: String) async throws -> Known {
    if let kept = known[issuer], kept.until > now() { return kept.value }
    let found = try await discover(issuer)
    if known.count >= Self.maximumCount { known.removeAll() }
    known[issuer] = (found, now().addingTimeInterval(Self.keptSeconds))
    return found
  }

  /// The key that a token names.
  ///
  /// - Throws: ``SignInFailure/unknownKey``, `provider_unavailable`.
  func key(for token: SignedIDToken, of issuer: String) async throws -> VerificationKey {
    func match(_ keys: Keys?) -> VerificationKey? {
      keys?.keys.first { $0.id == token.keyId && $0.algorithm == token.algorithm }
    }
    let kept = keys[issuer]
    let age = kept.map { now().timeIntervalSince($0.fetchedAt) } ?? .infinity
    if age < Self.keptSeconds, let key = match(kept) { return key }
    guard age >= Self.refetchSeconds else { throw SignInFailure.unknownKey }
    // Noted before it is asked, so that many at once do not ask many times.
    keys[issuer] = Keys(keys: kept?.keys ?? [], fetchedAt: now())
    do {
      keys[issuer] = Keys(keys: try await fetchKeys(try await provider(issuer).keysAt), fetchedAt: now())
    } catch {
      keys[issuer] = nil
      throw error
    }
    guard let key = match(keys[issuer]) else { throw SignInFailure.unknownKey }
    return key
  }

  /// Everything that a sign-in will need, asked for now.
  ///
  /// - Throws: `invalid_request` that names `issuer`.
  func check(_ issuer: String) async throws {
    func refused(_ reason: String) -> ServiceError { ServiceError(.invalidRequest, "issuer cannot be used: \(reason)") }
    let found: Known
    let usable: [VerificationKey]
    do {
      found = try await discover(issuer)
      usable = try await fetchKeys(found.keysAt)
    } catch let error as any ServiceErrorConvertible {
      throw refused(error.serviceError.detail)
    }
    if let methods = found.metadata.codeChallengeMethodsSupported, !methods.contains("S256") {
      throw refused("it does not know the code challenge method S256 (RFC 7636).")
    }
    if let algorithms = found.metadata.idTokenSigningAlgValuesSupported {
      guard algorithms.contains(where: { SignatureAlgorithm(rawValue: $0) != nil }) else {
        throw refused("it signs ID tokens with none of RS256, ES256 and EdDSA.")
      }
    }
    guard !usable.isEmpty else { throw refused("it publishes no key for RS256, ES256 or EdDSA that has a name (kid).") }
    known[issuer] = (found, now().addingTimeInterval(Self.keptSeconds))
    keys[issuer] = Keys(keys: usable, fetchedAt: now())
  }

  /// OpenID Connect Discovery section 4; the issuer is compared to the letter (section 4.3).
  private func discover(_ issuer: String) async throws -> Known {
    let base = issuer.hasSuffix("/") ? String(issuer.dropLast()) : issuer
    guard let reply = try? await transport.fetch("\(base)/.well-known/openid-configuration", within: Self.deadline),
      reply.status == 200, let metadata = try? JSONDecoder().decode(AuthorizationServerMetadata.self, from: reply.body)
    else {
      throw ServiceError(
        .providerUnavailable, "The identity provider's metadata cannot be read. \(EgressError.tenantMessage)")
    }
    guard metadata.issuer == issuer else { throw ProviderError.issuerMismatch }
    guard let keysAt = metadata.jwksUri else {
      throw ServiceError(.providerUnavailable, "The identity provider's metadata names no keys (jwks_uri).")
    }
    let description = CustomProvider(
      providerUrl: issuer, issuer: issuer, authorizationEndpoint: metadata.authorizationEndpoint,
      tokenEndpoint: metadata.tokenEndpoint, clientAuth: metadata.preferredClientAuthentication, pkce: .required,
      identityScopes: [], sendsIssuer: metadata.authorizationResponseIssParameterSupported)
    let provider = try Provider.custom(description, insecureHosts: policy.allowedHosts)
    return Known(provider: provider, metadata: metadata, keysAt: keysAt)
  }

  private func fetchKeys(_ url: String) async throws -> [VerificationKey] {
    guard let reply = try? await transport.fetch(url, within: Self.deadline), reply.status == 200,
      let document = try? JSONDecoder().decode(JSONValue.self, from: reply.body),
      case .array(let keys)? = document["keys"]
    else {
      throw ServiceError(
        .providerUnavailable, "The identity provider's keys cannot be read. \(EgressError.tenantMessage)")
    }
    return keys.compactMap(VerificationKey.init)
  }
}
