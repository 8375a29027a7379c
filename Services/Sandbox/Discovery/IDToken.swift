import Crypto
import FoundationEssentials
import Model

/// Signs ID tokens (OpenID Connect Core section 2) with ES256, by a key that lives as long as the process.
struct IDTokenSigner: Sendable {
  private let key = P256.Signing.PrivateKey()
  private let keyID = RandomText.base32(bytes: 8)
  private let issuer: Issuer
  private let now: Now

  init(issuer: Issuer, now: @escaping Now) {
    self.issuer = issuer
    self.now = now
  }

  func idToken(for grant: TokenState.Grant) throws -> String {
    let time = Int(now().timeIntervalSince1970)
    let person = grant.family.person
    let claims = Claims(
      iss: issuer.url, sub: person.id, aud: grant.family.clientID, exp: time + Int(Limits.idTokenSeconds), iat: time,
      authTime: Int(grant.family.authorizedAt.timeIntervalSince1970), nonce: grant.nonce,
      name: grant.family.scopes.contains(.profile) ? person.name : nil,
      email: grant.family.scopes.contains(.email) ? person.email : nil)
    let header = try part(["alg": "ES256", "kid": keyID, "typ": "JWT"])
    let content = "\(header).\(try part(claims))"
    // The raw form, r and s one after the other, is what RFC 7518 section 3.4 asks for.
    let signature = try key.signature(for: Data(content.utf8)).rawRepresentation
    return "\(content).\(RandomText.base64URL(signature))"
  }

  /// The public half (RFC 7517). A raw P-256 public key is x and y, 32 bytes each.
  var keySet: KeySet {
    let point = key.publicKey.rawRepresentation
    return KeySet(keys: [
      .init(
        kid: keyID, x: RandomText.base64URL(point.prefix(32)), y: RandomText.base64URL(point.suffix(32)))
    ])
  }

  private func part(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return RandomText.base64URL(try encoder.encode(value))
  }

  private struct Claims: Encodable {
    var iss: String
    var sub: String
    var aud: String
    var exp: Int
    var iat: Int
    var authTime: Int
    var nonce: String?
    var name: String?
    var email: String?
  }
}

/// A JSON Web Key Set with one signing key.
struct KeySet: Encodable, Sendable {
  struct Key: Encodable, Sendable {
    var kty = "EC"
    var crv = "P-256"
    var alg = "ES256"
    var use = "sig"
    var kid: String
    var x: String
    var y: String
  }

  var keys: [Key]
}
