import Crypto
import Model

/// A proof key for one authorization (RFC 7636), always with S256.
struct PKCE: Sendable {
  /// 32 random bytes as 43 characters: the 256 bits that RFC 7636 section 7.1 asks for.
  let verifier: Secret<String>
  /// RFC 7636 section 4.2.
  let challenge: String

  init(verifier: String = RandomText.base64URL(bytes: 32)) {
    self.verifier = Secret(verifier)
    challenge = RandomText.base64URL(SHA256.hash(data: Array(verifier.utf8)))
  }
}

/// SHA-256 as lower-case hexadecimal: how a state is stored.
func sha256Hexadecimal(_ text: String) -> String {
  SHA256.hash(data: Array(text.utf8)).map { byte in
    let digits = String(byte, radix: 16)
    return digits.count == 1 ? "0\(digits)" : digits
  }.joined()
}
