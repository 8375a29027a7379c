import Crypto
import Model

/// Keys that only whoever holds a credential can make: HKDF-SHA256 (RFC 5869) of its text, which has 256 random bits.
///
/// The policy service knows the credential by its hash, from which nobody gets to these keys.
enum CredentialKey {
  /// What a key is for. The text separates it from every other key of the same credential.
  enum Purpose: String {
    case request = "lanyard idempotency request v1"
    case answer = "lanyard idempotency answer v1"
  }

  private static let byteCount = 32

  /// - Parameters:
  ///   - salt: random, or empty for a key that has to come out the same every time.
  ///   - subject: what the key is bound to besides its purpose.
  static func derive(
    from credential: Secret<String>, for purpose: Purpose, salt: [UInt8], subject: [UInt8]
  ) -> SymmetricKey {
    credential.expose {
      HKDF<SHA256>.deriveKey(
        inputKeyMaterial: SymmetricKey(data: Array($0.utf8)), salt: salt, info: Array(purpose.rawValue.utf8) + subject,
        outputByteCount: byteCount)
    }
  }
}
