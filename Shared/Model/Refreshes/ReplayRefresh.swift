/// A provider's answer to a refresh that could not be stored when it came, from the exchanger's journal.
///
/// It was sealed to the vault's journal key, so that nobody else can open it: neither the journal's disk nor the exchanger itself.
public struct ReplayRefresh: Codable, Sendable {
  public var lease: LeaseReference
  /// Base64 (RFC 4648 section 4) of the HPKE-sealed JSON of the ``TokenSet``; its associated data is the JSON of `lease`.
  public var sealedTokens: String

  public init(lease: LeaseReference, sealedTokens: String) {
    self.lease = lease
    self.sealedTokens = sealedTokens
  }
}

extension RefreshEndpoints {
  /// Stores what a lease's holder could not, under the same conditions as ``commit``.
  public static let replay = Endpoint<ReplayRefresh, RefreshCommitment>(
    .vault, .post, "/internal/refreshes/replay", callers: [.exchanger])
}
