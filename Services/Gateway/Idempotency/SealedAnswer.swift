import Crypto
import FoundationEssentials
import HTTPTypes
import Model

/// An answer that is kept for its caller: AES-256-GCM under a key of its own, which only the caller's credential gives.
///
/// One byte for the form, 32 of salt, then nonce, ciphertext and tag. Bound to the key and the request, so that no row opens in
/// another's place.
enum SealedAnswer {
  private static let form: UInt8 = 1
  private static let saltBytes = 32
  /// The status, before the body.
  private static let statusBytes = 2

  /// Returns nil for an answer that is too large to be kept.
  static func seal(_ answer: PublicResponse, of call: IdempotentCall) throws -> [UInt8]? {
    let salt = RandomText.bytes(saltBytes)
    let sealed = try answer.body.expose { body in
      try AES.GCM.seal(
        withUnsafeBytes(of: UInt16(answer.status.code).bigEndian) { Array($0) } + body, using: key(call, salt),
        authenticating: context(call))
    }
    // Its nonce has the standard length, so there is a combined form.
    guard let combined = sealed.combined else { throw CryptoKitError.incorrectParameterSize }
    let bytes = [form] + salt + combined
    return bytes.count <= CompleteIdempotentCall.maximumSealedBytes ? bytes : nil
  }

  /// - Throws: when it is not the answer to this call, or was changed.
  static func open(_ text: String, of call: IdempotentCall) throws -> PublicResponse {
    let bytes = Data(base64Encoded: text).map { Array($0) } ?? []
    guard bytes.count > 1 + saltBytes, bytes[0] == form else { throw CryptoKitError.incorrectParameterSize }
    let salt = Array(bytes[1...saltBytes])
    let sealed = try AES.GCM.SealedBox(combined: bytes[(1 + saltBytes)...])
    let plain = try AES.GCM.open(sealed, using: key(call, salt), authenticating: context(call))
    guard plain.count >= statusBytes else { throw CryptoKitError.incorrectParameterSize }
    let code = plain.prefix(statusBytes).reduce(0) { $0 << 8 | Int($1) }
    return PublicResponse(status: .init(code: code), body: Secret(Data(plain.dropFirst(statusBytes))))
  }

  private static func key(_ call: IdempotentCall, _ salt: [UInt8]) -> SymmetricKey {
    CredentialKey.derive(from: call.credential, for: .answer, salt: salt, subject: call.keyHash)
  }

  private static func context(_ call: IdempotentCall) -> [UInt8] { [form] + call.keyHash + call.requestHash }
}
