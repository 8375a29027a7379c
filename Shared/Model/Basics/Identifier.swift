/// What an identifier names; its prefix makes ids readable in logs and impossible to mix up.
public protocol IdentifiedKind {
  /// Letters before the underscore, for example `con` in `con_…`.
  static var prefix: String { get }
}

/// A typed, opaque identifier: a prefix, an underscore and 128 random bits as 26 letters and digits.
///
/// `Identifier<ConnectionKind>` is not `Identifier<OrganizationKind>`: the compiler keeps them apart.
/// An id is a name, never a credential.
public struct Identifier<Kind: IdentifiedKind>: Hashable, Sendable, Codable, RawRepresentable, CustomStringConvertible {
  /// The text as it stands in JSON, URLs and the database.
  public let rawValue: String

  /// Takes a text as it is; use ``init(validating:)`` for texts from outside.
  public init(rawValue: String) { self.rawValue = rawValue }

  /// Takes a text from outside. Returns nil unless it is this kind's prefix, an underscore and 1 to 64 letters, digits, `-` or `_`.
  public init?(validating text: String) {
    let start = Kind.prefix + "_"
    guard text.hasPrefix(start) else { return nil }
    let rest = text.utf8.dropFirst(start.utf8.count)
    let allowed = rest.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
        UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "-"), UInt8(ascii: "_"):
        true
      default: false
      }
    }
    guard allowed, (1...64).contains(rest.count) else { return nil }
    rawValue = text
  }

  /// Names nothing: an identifier that is given out is longer.
  public static var ofNothing: Self { Self(rawValue: "\(Kind.prefix)_nothing") }

  /// A new identifier with 128 random bits from the system's generator.
  public static func random() -> Self { Self(rawValue: "\(Kind.prefix)_\(RandomText.base32(bytes: 16))") }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    guard let value = Self(validating: text) else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "expected an identifier that starts with \(Kind.prefix)_")
    }
    self = value
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(rawValue)
  }

  public var description: String { rawValue }
}

extension KeyedDecodingContainer {
  /// An identifier that an app gives back. A text that is not even shaped like one names nothing, as one that was never given out does:
  /// whoever asks is told the same.
  func decodeName<Kind>(_ kind: Kind.Type, forKey key: Key) throws -> Identifier<Kind> {
    let text = try decode(String.self, forKey: key)
    return Identifier(validating: text) ?? .ofNothing
  }

  func decodeNameIfPresent<Kind>(_ kind: Kind.Type, forKey key: Key) throws -> Identifier<Kind>? {
    guard let text = try decodeIfPresent(String.self, forKey: key) else { return nil }
    return Identifier(validating: text) ?? .ofNothing
  }
}
