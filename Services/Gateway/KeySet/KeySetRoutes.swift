import Crypto
import HTTPTypes
import Hummingbird
import Model
import ServiceKit
import ServiceTokens

/// `/.well-known/jwks.json`: the keys by which outsiders check what leaves Lanyard signed, which is the checkpoints of the audit trail.
/// Access tokens are opaque, and webhooks are signed with a secret that only their receiver has.
struct KeySetRoutes: Sendable {
  /// Seconds for which a copy may be used. A new key is pinned everywhere before it signs, far longer ahead.
  private static let maximumAgeSeconds = 300
  /// The services that keep an audit trail.
  private static let signers: Set<ServiceName> = [.vault, .policy]

  let keys: ServiceKeySet

  func add(to router: ServiceRouter) { router.get("/.well-known/jwks.json", use: show) }

  @Sendable private func show(_ request: Request, _ context: AppRequestContext) async throws -> Response {
    var response = try Response.json(
      JSONWebKeySet(keys: keys.all.filter { Self.signers.contains($0.service) }.map(JSONWebKey.init)))
    response.headers[.cacheControl] = "public, max-age=\(Self.maximumAgeSeconds)"
    return response
  }
}

/// RFC 7517 section 5.
struct JSONWebKeySet: Codable, Sendable {
  var keys: [JSONWebKey]
}

/// A public Ed25519 key (RFC 8037 section 2). There is no place in it for a private one.
struct JSONWebKey: Codable, Sendable, Hashable {
  var kty = "OKP"
  var crv = "Ed25519"
  var alg = "EdDSA"
  var use = "sig"
  var kid: String
  var x: String

  init(_ key: ServicePublicKey) {
    kid = key.keyId
    x = RandomText.base64URL(key.publicKey.rawRepresentation)
  }
}
