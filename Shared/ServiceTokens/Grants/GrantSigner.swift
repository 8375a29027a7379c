public import Model

/// Signs grants, with the policy service's own key.
public struct GrantSigner: Sendable {
  private let key: ServiceKey

  /// - Parameter key: the policy service's key; with any other key the grants would be refused everywhere.
  public init(key: ServiceKey) { self.key = key }

  /// The grant as it travels.
  ///
  /// - Throws: ``GrantRefused`` for a grant that every verifier would refuse because it lives too long.
  public func sign(_ grant: Grant) throws -> SignedGrant {
    guard GrantTimes(grant).isWithinBounds else { throw GrantRefused(.lifetimeTooLong) }
    let token = try CompactToken.sign(WireJSON.encode(grant), as: .grant, with: key)
    return SignedGrant(token: WireSecret(token), expiresAt: grant.expiresAt)
  }
}
