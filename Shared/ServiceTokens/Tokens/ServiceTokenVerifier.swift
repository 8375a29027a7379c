public import FoundationEssentials
public import Model

/// Checks the tokens by which other services prove themselves to this one.
public final class ServiceTokenVerifier: Sendable {
  /// Tokens remembered at once. Each neighbour replica shows two a minute, so this is room for a thousand replicas.
  public static let rememberedTokens = 4_096

  private let audience: ServiceName
  private let keys: ServiceKeySet
  private let now: @Sendable () -> Date
  private let remembered = RememberedTokens<ServiceName>(capacity: rememberedTokens)

  /// - Parameters:
  ///   - audience: this service; tokens made for another one are refused.
  ///   - keys: the pinned keys. Nothing in a token can add to them.
  ///   - now: the clock.
  public init(audience: ServiceName, keys: ServiceKeySet, now: @escaping @Sendable () -> Date = { Date() }) {
    self.audience = audience
    self.keys = keys
    self.now = now
  }

  /// How many tokens are remembered now.
  package var rememberedCount: Int { remembered.count }

  /// The service that the token proves.
  ///
  /// - Throws: ``ServiceTokenRefused`` with the reason for the log.
  public func verify(_ token: Secret<String>) throws -> ServiceName {
    try token.expose { text in
      let now = now()
      let digest = RememberedTokens<ServiceName>.digest(of: text)
      if let service = remembered.value(for: digest, at: now) { return service }
      do throws(TokenProblem) {
        let (service, expiresAt) = try check(text, at: now)
        remembered.remember(service, for: digest, until: expiresAt)
        return service
      } catch {
        throw ServiceTokenRefused(error.reason)
      }
    }
  }

  private func check(_ text: String, at now: Date) throws(TokenProblem) -> (ServiceName, Date) {
    let token = try CompactToken(text, expecting: .service)
    guard let pinned = keys.key(withId: token.keyId) else { throw TokenProblem(.unknownKey) }
    guard token.isSigned(by: pinned.publicKey) else { throw TokenProblem(.badSignature) }
    guard let claims = try? WireJSON.decode(ServiceTokenClaims.self, from: token.payload) else {
      throw TokenProblem(.malformed)
    }
    guard claims.iss == pinned.service.rawValue else { throw TokenProblem(.wrongIssuer) }
    guard claims.aud == audience.rawValue else { throw TokenProblem(.wrongAudience) }
    let (lifetime, overflow) = claims.exp.subtractingReportingOverflow(claims.iat)
    guard !overflow, lifetime > 0, lifetime <= TokenTimes.serviceTokenLifetime else {
      throw TokenProblem(.lifetimeTooLong)
    }
    let seconds = now.timeIntervalSince1970
    guard Double(claims.iat) <= seconds + Double(TokenTimes.clockSkew) else { throw TokenProblem(.fromTheFuture) }
    guard Double(claims.exp) > seconds else { throw TokenProblem(.expired) }
    return (pinned.service, Date(timeIntervalSince1970: Double(claims.exp)))
  }
}
