import Crypto
import FoundationEssentials
import Model

/// The challenge of RFC 7636, with the method S256 only: `plain` protects nothing, and OAuth 2.1 drops it.
struct PKCEChallenge: Sendable, Equatable {
  private let value: String

  /// Reads `code_challenge` and `code_challenge_method` (RFC 7636 section 4.3).
  init(challenge: String?, method: String?) throws(OAuthError) {
    guard let challenge else { throw OAuthError(.invalidRequest, "PKCE is required: code_challenge is missing.") }
    guard method == "S256" else { throw OAuthError(.invalidRequest, "code_challenge_method must be S256.") }
    // 32 bytes in base64url are 43 characters; anything else cannot be a SHA-256.
    guard challenge.utf8.count == 43, challenge.utf8.allSatisfy(Self.isBase64URL) else {
      throw OAuthError(.invalidRequest, "code_challenge is not a SHA-256 in base64url.")
    }
    value = challenge
  }

  /// Whether the verifier hashes to the challenge (RFC 7636 section 4.6).
  func accepts(_ verifier: String?) -> Bool {
    guard let verifier, (43...128).contains(verifier.utf8.count) else { return false }
    return RandomText.base64URL(SHA256.hash(data: Data(verifier.utf8))) == value
  }

  private static func isBase64URL(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
      true
    default: false
    }
  }
}
