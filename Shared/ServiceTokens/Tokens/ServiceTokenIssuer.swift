public import FoundationEssentials
public import Model
import Synchronization

/// Makes the tokens by which this service proves itself to the others.
///
/// A token is bound to its audience, not to one request: TLS with the pinned CA protects the body on its way, and a signature per
/// request would cost the receiver one Ed25519 check (74 to 101 µs) per hop, which is as much as the rest of the hop. So a token is
/// kept per audience and renewed at half of its life, and the receiver remembers it.
public final class ServiceTokenIssuer: Sendable {
  private struct Issued {
    let token: Secret<String>
    let renewAt: Date
  }

  private let key: ServiceKey
  private let now: @Sendable () -> Date
  private let issued = Mutex<[ServiceName: Issued]>([:])

  /// - Parameters:
  ///   - key: this service's own key.
  ///   - now: the clock.
  public init(key: ServiceKey, now: @escaping @Sendable () -> Date = { Date() }) {
    self.key = key
    self.now = now
  }

  /// The service that the tokens speak for.
  public var service: ServiceName { key.service }

  /// A token for calls to `audience`, with at least half of its ``TokenTimes/serviceTokenLifetime`` left.
  public func token(for audience: ServiceName) throws -> Secret<String> {
    let now = now()
    return try issued.withLock { issued in
      if let kept = issued[audience], kept.renewAt > now { return kept.token }
      let issuedAt = Int(now.timeIntervalSince1970)
      let claims = ServiceTokenClaims(
        iss: key.service.rawValue, aud: audience.rawValue, iat: issuedAt,
        exp: issuedAt + TokenTimes.serviceTokenLifetime, jti: RandomText.base64URL(bytes: 12))
      let token = try CompactToken.sign(WireJSON.encode(claims), as: .service, with: key)
      issued[audience] = Issued(token: token, renewAt: now + Double(TokenTimes.serviceTokenLifetime) / 2)
      return token
    }
  }
}
