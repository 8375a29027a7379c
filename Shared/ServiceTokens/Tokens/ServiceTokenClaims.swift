/// The claims of a service token (RFC 7519 section 4.1). Times are seconds since 1970.
struct ServiceTokenClaims: Codable, Sendable {
  /// The calling service.
  var iss: String
  /// The called service.
  var aud: String
  var iat: Int
  var exp: Int
  /// Makes two tokens of one second differ.
  var jti: String
}

/// The times that bound every token of ours.
public enum TokenTimes {
  /// Seconds that a service token lives. Short, since a token is good for every call to its audience.
  public static let serviceTokenLifetime = 60
  /// Seconds by which the clocks of two machines may differ before a token "from the future" is refused. Expiry has no tolerance:
  /// a clock that is ahead shortens a token's life, it never lengthens it.
  public static let clockSkew = 5
}
