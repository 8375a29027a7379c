/// The stored form of a sealed value:
/// `magic 0x56 0x31 | algorithm u8 | organization key version u32 | salt 32 | commitment 32 | nonce 12 | ciphertext |
/// tag 16`, numbers big-endian.
public enum SealedRecord {
  static let domain = "lanyard.record"
  static let magic: [UInt8] = [0x56, 0x31]
  /// HKDF-SHA256 (RFC 5869) to 64 bytes, AES-256-GCM (SP 800-38D) with a 32-byte key commitment.
  static let algorithm: UInt8 = 1

  static let saltBytes = 32
  static let keyBytes = 32
  static let commitmentBytes = 32
  static let nonceBytes = 12
  static let tagBytes = 16

  static let keyVersionRange = 3..<7
  static let saltRange = 7..<(7 + saltBytes)
  static let commitmentRange = saltRange.upperBound..<(saltRange.upperBound + commitmentBytes)
  static let nonceRange = commitmentRange.upperBound..<(commitmentRange.upperBound + nonceBytes)

  /// Bytes that sealing adds: 99.
  public static let overheadBytes = nonceRange.upperBound + tagBytes
  /// The largest plaintext. Token replies are capped at the same size when they are received.
  public static let maximumPlaintextBytes = 1 << 20

  /// The version of the organization key that a stored value needs, read from its header without opening it.
  ///
  /// Nil when it is not a sealed value of a known format. The header is authenticated when the value is opened.
  public static func organizationKeyVersion(of stored: [UInt8]) -> UInt32? {
    guard stored.count >= overheadBytes, stored.count <= overheadBytes + maximumPlaintextBytes,
      stored.starts(with: magic), stored[magic.count] == algorithm
    else { return nil }
    return stored[keyVersionRange].reduce(0) { $0 << 8 | UInt32($1) }
  }
}
