import Crypto
import FoundationEssentials
import Model

/// Makes and reads the sandbox's tokens.
///
/// A token is its kind, its family, a number and a keyed tag, so the store keeps numbers and never a token: a used
/// refresh token is recognised for ever at no cost in memory, and a forged one cannot revoke anybody's family.
struct TokenMint: Sendable {
  enum Kind: UInt8, CaseIterable, Sendable {
    case access = 1
    case refresh = 2

    var prefix: String { self == .access ? "sat_" : "srt_" }
  }

  /// A token whose tag was right. Whether it is alive is the store's business.
  struct Token: Sendable, Hashable {
    var kind: Kind
    var family: FamilyID
    var number: UInt64
  }

  /// Bytes of the tag: HMAC-SHA256, cut to 128 bits (RFC 2104 section 5).
  private static let tagBytes = 16

  /// New with every start: no token outlives the process, as its state does not either.
  private let key = SymmetricKey(size: .bits256)

  /// The text of a token.
  func text(_ token: Token) -> String {
    let body = token.body
    return token.kind.prefix + RandomText.base64URL(body + tag(token.kind, body))
  }

  /// Reads a token; nil if this process did not make it.
  func read(_ text: String) -> Token? {
    guard let kind = Kind.allCases.first(where: { text.hasPrefix($0.prefix) }),
      let bytes = Base64URL.decode(text.utf8.dropFirst(kind.prefix.utf8.count)),
      bytes.count == Token.bodyBytes + Self.tagBytes
    else { return nil }
    let body = Array(bytes.prefix(Token.bodyBytes))
    let difference = zip(bytes.suffix(Self.tagBytes), tag(kind, body)).reduce(0) { $0 | ($1.0 ^ $1.1) }
    return difference == 0 ? Token(kind: kind, body: body) : nil
  }

  private func tag(_ kind: Kind, _ body: [UInt8]) -> [UInt8] {
    var code = HMAC<SHA256>(key: key)
    code.update(data: [kind.rawValue] + body)
    return Array(code.finalize().prefix(Self.tagBytes))
  }
}

extension TokenMint.Token {
  fileprivate static let bodyBytes = 24

  fileprivate var body: [UInt8] { family.high.bytes + family.low.bytes + number.bytes }

  fileprivate init(kind: TokenMint.Kind, body: [UInt8]) {
    self.init(
      kind: kind, family: FamilyID(high: UInt64(bytes: body[0..<8]), low: UInt64(bytes: body[8..<16])),
      number: UInt64(bytes: body[16..<24]))
  }
}

extension UInt64 {
  fileprivate var bytes: [UInt8] { stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: self >> $0) } }

  fileprivate init(bytes: ArraySlice<UInt8>) { self = bytes.reduce(0) { ($0 << 8) | UInt64($1) } }
}

/// base64url without padding (RFC 4648 section 5), in its one canonical spelling.
enum Base64URL {
  static func decode(_ text: some Sequence<UInt8>) -> [UInt8]? {
    var bytes: [UInt8] = []
    var buffer: UInt32 = 0
    var bits = 0
    for character in text {
      guard let value = value(of: character) else { return nil }
      buffer = (buffer << 6) | value
      bits += 6
      if bits >= 8 {
        bits -= 8
        bytes.append(UInt8(truncatingIfNeeded: buffer >> UInt32(bits)))
        buffer &= (1 << UInt32(bits)) - 1
      }
    }
    return bits < 6 && buffer == 0 ? bytes : nil
  }

  private static func value(of character: UInt8) -> UInt32? {
    switch character {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(character - UInt8(ascii: "A"))
    case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(character - UInt8(ascii: "a")) + 26
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(character - UInt8(ascii: "0")) + 52
    case UInt8(ascii: "-"): 62
    case UInt8(ascii: "_"): 63
    default: nil
    }
  }
}
