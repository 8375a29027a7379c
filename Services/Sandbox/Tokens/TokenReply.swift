/// The successful answer of the token endpoint (RFC 6749 section 5.1).
struct TokenReply: Encodable, Sendable {
  var accessToken: String
  var tokenType = "Bearer"
  /// Seconds.
  var expiresIn: Int
  var refreshToken: String?
  var scope: String
  var idToken: String?
}

enum GrantType: String, CaseIterable, Sendable {
  case authorizationCode = "authorization_code"
  case refreshToken = "refresh_token"
}
