public import Crypto
public import FoundationEssentials
public import Model

/// Everything by which a service proves itself and checks the others.
public struct ServiceCredentials: Sendable {
  /// The service that holds them.
  public let service: ServiceName
  /// Makes this service's tokens.
  public let issuer: ServiceTokenIssuer
  /// Checks the tokens of callers.
  public let verifier: ServiceTokenVerifier
  /// Checks the policy service's grants.
  public let grants: GrantVerifier
  /// The pinned public keys of all services.
  public let keys: ServiceKeySet
  let key: ServiceKey

  /// - Parameters:
  ///   - key: the service's own key.
  ///   - keys: the pinned keys of all services.
  ///   - now: the clock.
  public init(key: ServiceKey, keys: ServiceKeySet, now: @escaping @Sendable () -> Date = { Date() }) {
    service = key.service
    issuer = ServiceTokenIssuer(key: key, now: now)
    verifier = ServiceTokenVerifier(audience: key.service, keys: keys, now: now)
    grants = GrantVerifier(keys: keys)
    self.keys = keys
    self.key = key
  }

  /// A key that every replica of this service can make and nobody else: HKDF-SHA256 (RFC 5869) of the service's own key.
  ///
  /// - Parameter purpose: separates it from every other key.
  public func replicaKey(for purpose: String) -> SymmetricKey { key.derivedKey(for: purpose) }

  /// Signs grants with this service's key. Only the policy service's grants are accepted anywhere.
  public var grantSigner: GrantSigner { GrantSigner(key: key) }
}
