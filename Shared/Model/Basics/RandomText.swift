/// Random texts for identifiers, states, verifiers and tokens, from the system's cryptographic generator.
public enum RandomText {
  private static let base32Alphabet = Array("abcdefghijklmnopqrstuvwxyz234567".utf8)
  private static let base64Alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

  /// Random bytes. On Linux `SystemRandomNumberGenerator` reads `getrandom(2)`, once for every eight of them.
  public static func bytes(_ count: Int) -> [UInt8] {
    var generator = SystemRandomNumberGenerator()
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count + 7)
    while bytes.count < count {
      withUnsafeBytes(of: generator.next() as UInt64) { bytes.append(contentsOf: $0) }
    }
    bytes.removeLast(bytes.count - count)
    return bytes
  }

  /// Lower-case base32 (RFC 4648 section 6, no padding) of random bytes: 16 bytes give 26 characters.
  public static func base32(bytes count: Int) -> String { encode(bytes(count), bitsPerCharacter: 5, base32Alphabet) }

  /// base64url (RFC 4648 section 5, no padding) of random bytes: 32 bytes give 43 characters.
  public static func base64URL(bytes count: Int) -> String { base64URL(bytes(count)) }

  /// base64url (RFC 4648 section 5, no padding) of the given bytes.
  public static func base64URL(_ bytes: some Sequence<UInt8>) -> String {
    encode(Array(bytes), bitsPerCharacter: 6, base64Alphabet)
  }

  private static func encode(_ bytes: [UInt8], bitsPerCharacter: Int, _ alphabet: [UInt8]) -> String {
    let mask = (1 << bitsPerCharacter) - 1
    var text: [UInt8] = []
    var buffer = 0
    var bits = 0
    for byte in bytes {
      buffer = (buffer << 8) | Int(byte)
      bits += 8
      while bits >= bitsPerCharacter {
        bits -= bitsPerCharacter
        text.append(alphabet[(buffer >> bits) & mask])
      }
      buffer &= (1 << bits) - 1
    }
    if bits > 0 { text.append(alphabet[(buffer << (bitsPerCharacter - bits)) & mask]) }
    return String(decoding: text, as: UTF8.self)
  }
}
