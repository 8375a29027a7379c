import Model
import Providers

/// Names of what the exchanger keeps with a Connection besides its tokens.
enum ConnectionMetadata {
  /// What the tokens were asked for (RFC 8707). No provider's answer can set it: it is written last.
  static let resource = "resource"
  /// How the provider renews, where it is not by a refresh token.
  static let renewal = "renewal"
}

extension [String: String] {
  /// Tells the vault what a refresh will need, and when it is needed.
  mutating func noteRenewal(_ rule: RefreshRule) {
    self[ConnectionMetadata.renewal] = rule.kind == .exchangeAccessToken ? "accessToken" : nil
    self[RenewalFacts.idleDays] = rule.idleDays.map { String($0) }
  }
}
