import Foundation
import Model
import ServiceTokens

/// An ID token whose signature is yet to be checked (OpenID Connect Core section 2, RFC 7515).
struct SignedIDToken: Sendable {
  /// Bytes of a token: with hundreds of groups in it.
  private static let maximumBytes = 131_072
  /// Seconds by which clocks may differ.
  private static let clockTolerance = 60.0

  /// What the token names. Decides which key is looked for, and nothing else.
  let keyId: String
  let algorithm: SignatureAlgorithm
  private let signed: Data
  private let signature: Data
  private let payload: Data

  /// - Throws: ``SignInFailure``, before any key is looked at.
  init(_ token: Secret<String>) throws {
    let (parts, signed) = token.expose { text in
      (
        text.utf8.count <= Self.maximumBytes ? text.split(separator: ".", omittingEmptySubsequences: false) : [],
        text.lastIndex(of: ".").map { Data(text[..<$0].utf8) }
      )
    }
    guard parts.count == 3, let signed, let header = Base64URL.decode(parts[0].utf8),
      let payload = Base64URL.decode(parts[1].utf8), let signature = Base64URL.decode(parts[2].utf8),
      let fields = try? JSONDecoder().decode(JSONValue.self, from: Data(header)), case .object = fields
    else { throw SignInFailure.malformed }
    guard let algorithm = fields["alg"]?.text.flatMap(SignatureAlgorithm.init(rawValue:)) else {
      throw SignInFailure.algorithmRefused
    }
    // RFC 7515 section 4.1.11: what must be understood and is not.
    guard fields["crit"] == nil else { throw SignInFailure.malformed }
    guard case .string(let keyId)? = fields["kid"], !keyId.isEmpty else { throw SignInFailure.unknownKey }
    (self.keyId, self.algorithm) = (keyId, algorithm)
    (self.signed, self.signature, self.payload) = (signed, Data(signature), Data(payload))
  }

  /// The claims, once everything about them has been checked (OpenID Connect Core section 3.1.3.7).
  ///
  /// - Throws: ``SignInFailure``.
  func claims(
    verifiedBy key: VerificationKey, issuer: String, clientId: String, nonce: Secret<String>, now: Date = .now
  ) throws -> JSONValue {
    guard key.id == keyId, key.algorithm == algorithm else { throw SignInFailure.unknownKey }
    guard key.accepts(signature, for: signed) else { throw SignInFailure.badSignature }
    guard let claims = try? JSONDecoder().decode(JSONValue.self, from: payload), case .object = claims else {
      throw SignInFailure.malformed
    }
    guard claims["iss"] == .string(issuer) else { throw SignInFailure.otherIssuer }
    try Self.checkAudience(claims, clientId)
    let time = now.timeIntervalSince1970
    guard let end = claims["exp"]?.double, end > time - Self.clockTolerance else { throw SignInFailure.expired }
    for start in [claims["iat"], claims["nbf"]] {
      // Asked the way round that what is no number does not pass.
      guard let start = start?.double else { continue }
      guard start <= time + Self.clockTolerance else { throw SignInFailure.notYetValid }
    }
    guard case .string(let told)? = claims["nonce"], nonce.expose({ told == $0 }) else {
      throw SignInFailure.otherNonce
    }
    return claims
  }

  private static func checkAudience(_ claims: JSONValue, _ clientId: String) throws {
    let audiences: [String] =
      switch claims["aud"] {
      case .string(let one)?: [one]
      case .array(let several)?: several.compactMap(\.text)
      default: []
      }
    guard audiences.contains(clientId) else { throw SignInFailure.otherAudience }
    if let party = claims["azp"] {
      guard party == .string(clientId) else { throw SignInFailure.otherAudience }
    } else if audiences.count > 1 {
      throw SignInFailure.otherAudience
    }
  }
}
