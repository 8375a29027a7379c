/// A place inside a JSON document (RFC 6901), written as text: `/authed_user/access_token`.
public struct JSONPointer: Hashable, Sendable {
  /// The text form; empty means the whole document.
  public let rawValue: String
  private let tokens: [String]

  /// Returns nil unless the text is empty or starts with `/`, and every `~` is followed by `0` or `1` (RFC 6901 section
  /// 3).
  public init?(_ text: String) {
    guard text.isEmpty || text.hasPrefix("/") else { return nil }
    var tokens: [String] = []
    for part in text.split(separator: "/", omittingEmptySubsequences: false).dropFirst() {
      guard let token = Self.unescape(part) else { return nil }
      tokens.append(token)
    }
    rawValue = text
    self.tokens = tokens
  }

  /// The whole document.
  public static let root = JSONPointer(tokens: [])

  /// A member of the document's root object, by its name as it stands in JSON.
  public static func member(_ name: String) -> JSONPointer { JSONPointer(tokens: [name]) }

  /// A pointer, or the name of a member of the root object, which has no slash in it.
  public static func placeOrMember(_ text: String) -> JSONPointer? {
    if text.isEmpty || text.hasPrefix("/") { return JSONPointer(text) }
    return text.contains("/") ? nil : .member(text)
  }

  /// The place that a decoder's coding path names.
  init(codingPath: [any CodingKey]) {
    self.init(tokens: codingPath.map { key in key.intValue.map(String.init) ?? key.stringValue })
  }

  /// A member or an element of the value at this place.
  public func appending(_ token: String) -> JSONPointer { JSONPointer(tokens: tokens + [token]) }

  private init(tokens: [String]) {
    self.tokens = tokens
    rawValue = tokens.map { token in
      var text = "/"
      for character in token {
        switch character {
        case "~": text += "~0"
        case "/": text += "~1"
        default: text.append(character)
        }
      }
      return text
    }.joined()
  }

  /// The value at this place, or nil where the pointer leads nowhere (RFC 6901 section 4).
  public func evaluate(in document: JSONValue) -> JSONValue? {
    var value = document
    for token in tokens {
      switch value {
      case .object(let members):
        guard let next = members[token] else { return nil }
        value = next
      case .array(let elements):
        guard let index = Self.index(token), elements.indices.contains(index) else { return nil }
        value = elements[index]
      default:
        return nil
      }
    }
    return value
  }

  private static func unescape(_ part: Substring) -> String? {
    guard part.contains("~") else { return String(part) }
    var text = ""
    var rest = part.makeIterator()
    while let character = rest.next() {
      guard character == "~" else {
        text.append(character)
        continue
      }
      switch rest.next() {
      case "0": text.append("~")
      case "1": text.append("/")
      default: return nil
      }
    }
    return text
  }

  /// Array indices have no sign and no leading zero.
  private static func index(_ token: String) -> Int? {
    let digits = token.utf8
    guard !digits.isEmpty, digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else {
      return nil
    }
    guard digits.count == 1 || digits.first != UInt8(ascii: "0") else { return nil }
    return Int(token)
  }
}

extension JSONPointer: Codable {
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    guard let pointer = JSONPointer(try container.decode(String.self)) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "expected a JSON pointer (RFC 6901)")
    }
    self = pointer
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(rawValue)
  }
}

extension JSONPointer: CustomStringConvertible {
  public var description: String { rawValue }
}
