public import FoundationEssentials
public import Model

/// Checks grants: made by the policy service, alive, and in the hands that they were made for.
///
/// That a grant also agrees with the record it is used on is the vault's own check.
public final class GrantVerifier: Sendable {
  /// The HTTP header in which a grant travels.
  public static let headerName = "Lanyard-Grant"
  /// Grants remembered at once: a gateway holds one per session, actor and scope for at most a minute.
  public static let rememberedGrants = 16_384

  private let keys: ServiceKeySet
  private let remembered = RememberedTokens<Grant>(capacity: rememberedGrants)

  /// - Parameter keys: the pinned keys; only those of the policy service count.
  public init(keys: ServiceKeySet) { self.keys = keys }

  /// The grant, if all of it holds.
  ///
  /// - Parameters:
  ///   - signed: the text of the `Lanyard-Grant` header.
  ///   - presenter: the service that sent it, as its service token proved.
  ///   - now: the time of the call.
  /// - Throws: ``GrantRefused`` with the reason for the log and the audit trail.
  public func verify(
    _ signed: Secret<String>, presentedBy presenter: ServiceName, now: Date = Date()
  ) throws -> Grant {
    try signed.expose { text in
      let digest = RememberedTokens<Grant>.digest(of: text)
      do throws(TokenProblem) {
        let grant: Grant
        if let known = remembered.value(for: digest, at: now) {
          grant = known
        } else {
          grant = try check(text, at: now)
          remembered.remember(grant, for: digest, until: grant.expiresAt)
        }
        // On every call, also for a remembered grant: the same text may come from someone else.
        guard grant.presenters.contains(presenter) else { throw TokenProblem(.wrongPresenter) }
        return grant
      } catch {
        throw GrantRefused(error.reason)
      }
    }
  }

  private func check(_ text: String, at now: Date) throws(TokenProblem) -> Grant {
    let token = try CompactToken(text, expecting: .grant)
    guard let pinned = keys.key(withId: token.keyId) else { throw TokenProblem(.unknownKey) }
    guard pinned.service == .policy else { throw TokenProblem(.wrongIssuer) }
    guard token.isSigned(by: pinned.publicKey) else { throw TokenProblem(.badSignature) }
    guard let grant = try? WireJSON.decode(Grant.self, from: token.payload) else { throw TokenProblem(.malformed) }
    let times = GrantTimes(grant)
    guard times.isWithinBounds else { throw TokenProblem(.lifetimeTooLong) }
    let milliseconds = GrantTimes.milliseconds(now)
    guard times.issuedAt <= milliseconds + TokenTimes.clockSkew * 1_000 else { throw TokenProblem(.fromTheFuture) }
    guard times.expiresAt > milliseconds else { throw TokenProblem(.expired) }
    return grant
  }
}
