import Crypto
import Model

/// The SHA-256 of a credential's text: what is stored and looked up.
///
/// The look-up is by a unique index over the hash. How long it takes can only tell about hashes, from which nobody
/// gets back to one of the 2^256 tokens; so no comparison of secrets with a telling duration happens anywhere.
struct TokenHash: Hashable, Sendable {
  /// 32 bytes.
  let bytes: [UInt8]

  /// Hashes a token.
  init(of token: Secret<String>) {
    bytes = token.expose { Array(SHA256.hash(data: Array($0.utf8))) }
  }

  /// Reads the wire form, 64 lower-case hexadecimal digits. Nil for anything else.
  init?(_ hash: CredentialHash) {
    guard let bytes = hash.secret.expose({ Self.bytes(hexadecimal: $0) }) else { return nil }
    self.bytes = bytes
  }

  /// Lower-case hexadecimal.
  var hexadecimal: String {
    var text = ""
    for byte in bytes {
      if byte < 0x10 { text += "0" }
      text += String(byte, radix: 16)
    }
    return text
  }

  private static func bytes(hexadecimal text: String) -> [UInt8]? {
    let digits = Array(text.utf8)
    guard digits.count == SHA256.byteCount * 2 else { return nil }
    var bytes: [UInt8] = []
    for index in stride(from: 0, to: digits.count, by: 2) {
      guard let high = value(digits[index]), let low = value(digits[index + 1]) else { return nil }
      bytes.append(high << 4 | low)
    }
    return bytes
  }

  private static func value(_ digit: UInt8) -> UInt8? {
    switch digit {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
    default: nil
    }
  }
}
