import Crypto
import Foundation
import Sealing

/// Root keys in a Transit secrets engine (HashiCorp Vault, OpenBao), key type `aes256-gcm96`. They never leave it.
///
/// The blob is Transit's ciphertext, `vault:v1:…`, which names the version of its key: a rotation over there needs nothing here.
final class TransitKeyManagement: KeyManagement {
  /// The provider's name in ``describe()``.
  static let providerId = "transit"
  private static let keyBits = 256
  /// What every ciphertext of Transit begins with.
  private static let mark = Array("vault:v".utf8)

  /// Whether a wrapped key comes from a Transit secrets engine.
  static func isCiphertext(_ blob: [UInt8]) -> Bool { blob.starts(with: mark) }

  private let key: String
  private let client: TransitClient

  /// - Throws: `ConfigurationError` for an authority file that cannot be used.
  init(_ place: TransitPlace) throws {
    key = place.key
    client = try TransitClient(place)
  }

  func close() async { await client.close() }

  func describe() -> KeyManagementDescription {
    KeyManagementDescription(providerId: Self.providerId, primaryKeyId: key)
  }

  func wrap(_ key: SymmetricKey, authenticating authenticated: [UInt8]) async throws -> WrappedKey {
    guard key.bitCount == Self.keyBits else { throw KeyManagementError.wrongKeySize }
    let request = TransitMessages.Encrypt(
      plaintext: key.withUnsafeBytes { Data($0).base64EncodedString() },
      associatedData: Data(authenticated).base64EncodedString())
    let answer = try await client.call("encrypt", request, TransitMessages.Ciphertext.self)
    return WrappedKey(keyId: self.key, blob: Array(answer.ciphertext.utf8))
  }

  func unwrap(_ wrapped: WrappedKey, authenticating authenticated: [UInt8]) async throws -> SymmetricKey {
    guard wrapped.keyId == key, Self.isCiphertext(wrapped.blob) else {
      throw KeyManagementError.unknownKey(id: wrapped.keyId)
    }
    let request = TransitMessages.Decrypt(
      ciphertext: String(decoding: wrapped.blob, as: UTF8.self),
      associatedData: Data(authenticated).base64EncodedString())
    let answer = try await client.call("decrypt", request, TransitMessages.Plaintext.self)
    guard let bytes = Data(base64Encoded: answer.plaintext), bytes.count * 8 == Self.keyBits else {
      throw KeyManagementError.refused(id: key)
    }
    return SymmetricKey(data: bytes)
  }

  /// Proves with a throw-away key that it wraps and unwraps.
  func health() async throws {
    let probe = SymmetricKey(size: .bits256)
    let wrapped = try await wrap(probe, authenticating: [])
    guard try await unwrap(wrapped, authenticating: []) == probe else { throw KeyManagementError.unavailable }
  }

  func destroy(_ keyId: String) throws {
    throw KeyManagementError.changeRefused(["\(keyId) is a key of Transit: destroy it there"])
  }
}
