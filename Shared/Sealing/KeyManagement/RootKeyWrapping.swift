import Crypto
import FoundationEssentials

/// The blob of the file provider: `algorithm u8 | nonce 12 | ciphertext 32 | tag 16`, AES-256-GCM.
///
/// Nonces are random: a root key wraps a few keys per organization, far from the 2^32 uses that SP 800-38D allows.
enum RootKeyWrapping {
  private static let algorithm: UInt8 = 1
  private static let blobBytes = 1 + 12 + RootKey.materialBytes + 16

  static func wrap(_ key: SymmetricKey, under root: RootKey, authenticating: [UInt8]) throws -> WrappedKey {
    guard key.bitCount == RootKey.materialBytes * 8 else { throw KeyManagementError.wrongKeySize }
    guard let material = root.material else { throw KeyManagementError.keyDestroyed(id: root.id) }
    var plaintext = key.withUnsafeBytes { Data($0) }
    defer { plaintext.wipe() }
    let box = try AES.GCM.seal(plaintext, using: material, authenticating: authenticating)
    guard let combined = box.combined else { throw KeyManagementError.unavailable }
    return WrappedKey(keyId: root.id, blob: [algorithm] + combined)
  }

  /// One error for every reason that a blob does not open.
  static func unwrap(_ wrapped: WrappedKey, under root: RootKey, authenticating: [UInt8]) throws -> SymmetricKey {
    guard let material = root.material else { throw KeyManagementError.keyDestroyed(id: root.id) }
    guard wrapped.blob.count == blobBytes, wrapped.blob.first == algorithm,
      let box = try? AES.GCM.SealedBox(combined: wrapped.blob.dropFirst()),
      var plaintext = try? AES.GCM.open(box, using: material, authenticating: authenticating)
    else { throw KeyManagementError.refused(id: root.id) }
    defer { plaintext.wipe() }
    return SymmetricKey(data: plaintext)
  }
}
