import HTTPTypes
import Hummingbird

/// Lets a request in that carries a live access token with the right scope (RFC 6750).
struct BearerAccess: Sendable {
  let tokens: TokenStore

  func person(for request: Request, scope: Scope? = nil) throws(OAuthError) -> TokenState.Facts {
    guard let token = request.bearerToken else {
      throw OAuthError(.invalidToken, "An access token is needed.", challenge: #"Bearer realm="sandbox""#)
    }
    guard let known = tokens.facts(token), known.kind == .access else {
      throw OAuthError(
        .invalidToken, "The access token is unknown, expired or revoked.",
        challenge: #"Bearer realm="sandbox", error="invalid_token""#)
    }
    if let scope, !known.facts.scopes.contains(scope) {
      throw OAuthError(
        .insufficientScope, "The access token lacks the scope \(scope.rawValue).",
        challenge: #"Bearer realm="sandbox", error="insufficient_scope", scope="\#(scope.rawValue)""#)
    }
    return known.facts
  }
}

extension Request {
  /// The token of `Authorization: Bearer …`; the scheme's case does not matter (RFC 9110 section 11.1).
  var bearerToken: String? {
    guard let parts = headers[.authorization]?.split(separator: " ", maxSplits: 1), parts.count == 2,
      parts[0].lowercased() == "bearer"
    else { return nil }
    return String(parts[1])
  }
}
