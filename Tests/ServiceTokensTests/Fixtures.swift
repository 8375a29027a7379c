import Crypto
import FoundationEssentials
import Model
import ServiceTokens
import Synchronization

/// Keys of all services, and signing by hand for tokens that no issuer would make.
struct Fixture {
  let keys: [ServiceName: Curve25519.Signing.PrivateKey]
  let keySet: ServiceKeySet

  init() throws {
    keys = Dictionary(uniqueKeysWithValues: ServiceName.allCases.map { ($0, Curve25519.Signing.PrivateKey()) })
    keySet = try ServiceKeySet(
      keys.map { ServicePublicKey(service: $0.key, keyId: "\($0.key.rawValue)-1", publicKey: $0.value.publicKey) })
  }

  /// A compact token with any header and payload, signed by the key of a service.
  func token(header: [String: String], payload: Data, signedBy service: ServiceName) throws -> String {
    let input = "\(RandomText.base64URL(try WireJSON.encode(header))).\(RandomText.base64URL(payload))"
    let signature = try keys[service]!.signature(for: Data(input.utf8))
    return "\(input).\(RandomText.base64URL(signature))"
  }

  func grantHeader(_ service: ServiceName = .policy) -> [String: String] {
    ["alg": "EdDSA", "typ": "lanyard-grant+jwt", "kid": "\(service.rawValue)-1"]
  }

  func serviceHeader(_ service: ServiceName) -> [String: String] {
    ["alg": "EdDSA", "typ": "lanyard-service+jwt", "kid": "\(service.rawValue)-1"]
  }

  func grant(
    from start: Date, lifetime: Double = 60, presenters: Set<ServiceName> = [.gateway]
  ) -> Grant {
    Grant(
      organizationId: .random(), userId: .random(), actor: Actor(kind: .application, id: "app"), purposes: [.release],
      integrationIds: [.random()],
      scope: ConnectionScope(applicationType: .application, applicationId: "app", appId: "app"),
      presenters: presenters, issuedAt: start, expiresAt: start + lifetime)
  }

  func signed(_ grant: Grant, by service: ServiceName = .policy) throws -> String {
    try token(header: grantHeader(service), payload: WireJSON.encode(grant), signedBy: service)
  }
}

/// Why a service token was refused, or nil if it was accepted.
func refusal(_ verifier: ServiceTokenVerifier, _ token: String) -> TokenRefusal? {
  do {
    _ = try verifier.verify(Secret(token))
    return nil
  } catch { return (error as? ServiceTokenRefused)?.reason }
}

/// Why a grant was refused, or nil if it was accepted.
func refusal(
  _ verifier: GrantVerifier, _ token: String, presentedBy presenter: ServiceName = .gateway, now: Date
) -> TokenRefusal? {
  do {
    _ = try verifier.verify(Secret(token), presentedBy: presenter, now: now)
    return nil
  } catch { return (error as? GrantRefused)?.reason }
}

/// A clock that a test moves.
final class TestClock: Sendable {
  private let seconds = Mutex(1_800_000_000.0)
  var now: Date { Date(timeIntervalSince1970: seconds.withLock { $0 }) }
  func advance(by amount: Double) { seconds.withLock { $0 += amount } }
}
