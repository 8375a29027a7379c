import Crypto
import FoundationEssentials
import Model

/// A JSON Web Signature in compact form (RFC 7515 section 7.1), as far as we use it: EdDSA over Ed25519 (RFC 8037) and three header fields.
///
/// Both ends are ours, so the header is closed: `alg`, `kid`, `typ`, nothing else. A header with `jwk`, `jku`, `x5c` or `crit` is refused
/// before anything in it is believed (RFC 8725 sections 3.1, 3.5, 3.10, 3.11).
struct CompactToken {
  /// What kind of token it is (`typ`): explicit typing keeps a grant from passing for a service token (RFC 8725 section 3.11).
  enum Kind: String, Sendable {
    case service = "lanyard-service+jwt"
    case grant = "lanyard-grant+jwt"
  }

  /// Bytes that a token may have. Ours have 300 to 2,000; the bound keeps a stranger from making us decode more.
  static let maximumBytes = 8_192

  private static let algorithm = "EdDSA"
  private static let period = UInt8(ascii: ".")

  let keyId: String
  let payload: Data
  private let signingInput: ArraySlice<UInt8>
  private let signature: [UInt8]

  private struct Header: Codable {
    var alg: String
    var kid: String
    var typ: String
  }

  /// Signs a payload.
  static func sign(_ payload: Data, as kind: Kind, with key: ServiceKey) throws -> Secret<String> {
    let header = try WireJSON.encode(Header(alg: algorithm, kid: key.keyId, typ: kind.rawValue))
    let input = "\(RandomText.base64URL(header)).\(RandomText.base64URL(payload))"
    let signature = try key.signature(for: Data(input.utf8))
    return Secret("\(input).\(RandomText.base64URL(signature))")
  }

  /// Takes a token apart and checks its form, algorithm and kind. Nothing in it may be believed before ``isSigned(by:)``.
  init(_ text: String, expecting kind: Kind) throws(TokenProblem) {
    let bytes = Array(text.utf8)
    guard bytes.count <= Self.maximumBytes else { throw TokenProblem(.tooLarge) }
    let parts = bytes.split(separator: Self.period, maxSplits: 3, omittingEmptySubsequences: false)
    guard parts.count == 3, let header = Base64URL.decode(parts[0]), let payload = Base64URL.decode(parts[1]),
      let signature = Base64URL.decode(parts[2])
    else { throw TokenProblem(.malformed) }
    guard let fields = try? WireJSON.decode([String: String].self, from: Data(header)) else {
      throw TokenProblem(.malformed)
    }
    guard fields["alg"] == Self.algorithm else { throw TokenProblem(.wrongAlgorithm) }
    guard fields["typ"] == kind.rawValue else { throw TokenProblem(.wrongType) }
    guard let keyId = fields["kid"], fields.count == 3 else { throw TokenProblem(.malformed) }
    self.keyId = keyId
    self.payload = Data(payload)
    self.signature = signature
    signingInput = bytes[..<parts[1].endIndex]
  }

  /// Whether this key made the signature.
  func isSigned(by key: Curve25519.Signing.PublicKey) -> Bool {
    key.isValidSignature(Data(signature), for: Data(signingInput))
  }
}

/// A refusal on its way to becoming a ``ServiceTokenRefused`` or a ``GrantRefused``.
struct TokenProblem: Error {
  let reason: TokenRefusal
  init(_ reason: TokenRefusal) { self.reason = reason }
}
