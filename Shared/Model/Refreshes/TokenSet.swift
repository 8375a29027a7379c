public import FoundationEssentials

/// A provider's token answer after the exchanger has read it (RFC 6749 section 5.1).
public struct TokenSet: Codable, Sendable {
  public var accessToken: WireSecret
  /// Absent = the provider sent none: on a refresh the old one stays.
  public var refreshToken: WireSecret?
  /// Granted scopes; absent = the answer did not say, so what was asked for counts as granted (RFC 6749 section 5.1).
  public var scopes: [String]?
  /// Counted from the receipt of the answer; absent = the provider does not say.
  public var expiresAt: Date?
  /// Facts of the answer or the callback that later calls need, such as an instance URL. Never secret.
  public var metadata: [String: String]

  public init(
    accessToken: WireSecret, refreshToken: WireSecret?, scopes: [String]?, expiresAt: Date?,
    metadata: [String: String] = [:]
  ) {
    self.accessToken = accessToken
    self.refreshToken = refreshToken
    self.scopes = scopes
    self.expiresAt = expiresAt
    self.metadata = metadata
  }
}
