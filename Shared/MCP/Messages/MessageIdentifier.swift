/// The `id` of a request, or a progress token: a string or a whole number, never null.
///
/// Kept as it is written, so that it goes back exactly as it came. Two are equal when they mean the same.
public struct MessageIdentifier: Sendable {
  /// Bytes that one may have: our own have less than 50, and each open call keeps one.
  public static let maximumBytes = 256

  /// How it is written in JSON.
  public let text: JSONText
  /// How we would write it: what two are compared by.
  private let canonical: [UInt8]

  public init(_ number: Int) {
    text = JSONText(number)
    canonical = text.bytes
  }

  public init(_ string: String) {
    text = JSONText(string)
    canonical = text.bytes
  }

  /// Nil for anything but a string or a whole number of reasonable length.
  public init?(_ text: JSONText) {
    guard let first = text.bytes.first, text.bytes.count <= Self.maximumBytes else { return nil }
    if first == UInt8(ascii: "\"") {
      guard let string = text.string else { return nil }
      canonical = JSONText(string).bytes
    } else {
      guard text.bytes.allSatisfy({ Self.isOfWholeNumber($0) }) else { return nil }
      canonical = text.bytes
    }
    self.text = text
  }

  private static func isOfWholeNumber(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "-") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }
}

extension MessageIdentifier: Hashable {
  public static func == (left: MessageIdentifier, right: MessageIdentifier) -> Bool {
    left.canonical == right.canonical
  }

  public func hash(into hasher: inout Hasher) { hasher.combine(canonical) }
}

extension MessageIdentifier: CustomStringConvertible {
  public var description: String { text.text }
}
