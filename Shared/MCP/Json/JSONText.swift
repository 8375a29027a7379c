public import Model

/// One well-formed JSON value, as it is written.
///
/// What passes through us stays in this form: it is neither decoded nor encoded, so nothing about it changes.
/// It may hold somebody's data, so its description gives only its length.
public struct JSONText: Hashable, Sendable {
  public let bytes: [UInt8]

  /// For text that is known to be one JSON value.
  init(unchecked bytes: [UInt8]) { self.bytes = bytes }

  /// Takes a text after checking it, without the white space around it.
  public init(validating bytes: some Sequence<UInt8>, limits: JSONLimits = .message) throws(JSONProblem) {
    let bytes = Array(bytes)
    var scanner = JSONScanner(limits: limits)
    let range = try bytes.withRawBytes { (buffer) throws(JSONProblem) in
      var index = 0
      var start = 0
      var end = buffer.count
      while let event = try scanner.next(buffer, &index) {
        switch event {
        case .valueBegins(let kind):
          start = index - 1
          if kind == .object || kind == .array { scanner.skip() }
        case .valueEnds: end = index
        case .name: break
        }
      }
      scanner.advance(by: index)
      _ = try scanner.finish()
      return start..<end
    }
    self.bytes = range.count == bytes.count ? bytes : Array(bytes[range])
  }

  public init(_ text: String) {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.utf8.count + 2)
    JSONString.append(text, to: &bytes)
    self.bytes = bytes
  }

  public init(_ number: some BinaryInteger) { bytes = Array(String(number).utf8) }

  public init(_ value: Bool) { bytes = Array((value ? "true" : "false").utf8) }

  /// Names sorted, numbers in their shortest form.
  public init(_ value: JSONValue) {
    var bytes: [UInt8] = []
    Self.append(value, to: &bytes)
    self.bytes = bytes
  }

  public static let null = JSONText(unchecked: Array("null".utf8))
  public static let emptyObject = JSONText(unchecked: Array("{}".utf8))

  /// An object of these members, in this order. A member whose value is nil is left out.
  public static func object(_ members: KeyValuePairs<String, JSONText?>) -> JSONText {
    object(members.map { ($0.key, $0.value) })
  }

  /// An object of these members, in this order. A member whose value is nil is left out.
  public static func object(_ members: [(String, JSONText?)]) -> JSONText {
    var bytes: [UInt8] = [UInt8(ascii: "{")]
    for case (let name, let value?) in members {
      if bytes.count > 1 { bytes.append(UInt8(ascii: ",")) }
      JSONString.append(name, to: &bytes)
      bytes.append(UInt8(ascii: ":"))
      bytes += value.bytes
    }
    bytes.append(UInt8(ascii: "}"))
    return JSONText(unchecked: bytes)
  }

  /// An array of these elements.
  public static func array(_ elements: some Sequence<JSONText>) -> JSONText {
    var bytes: [UInt8] = [UInt8(ascii: "[")]
    for element in elements {
      if bytes.count > 1 { bytes.append(UInt8(ascii: ",")) }
      bytes += element.bytes
    }
    bytes.append(UInt8(ascii: "]"))
    return JSONText(unchecked: bytes)
  }

  /// The text as a string, for logs of our own making and for tests.
  public var text: String { String(decoding: bytes, as: UTF8.self) }

  /// The string that it is, or nil if it is something else.
  public var string: String? {
    guard bytes.first == UInt8(ascii: "\""), bytes.count >= 2 else { return nil }
    return JSONString.decode(bytes.dropFirst().dropLast())
  }

  /// The whole number that it is, or nil if it is something else.
  public var integer: Int? { Int(text) }

  /// True or false, or nil if it is something else.
  public var boolean: Bool? { bytes == Self.trueBytes ? true : bytes == Self.falseBytes ? false : nil }

  private static let trueBytes = Array("true".utf8)
  private static let falseBytes = Array("false".utf8)

  /// Whether it is an object.
  public var isObject: Bool { bytes.first == UInt8(ascii: "{") }

  /// The value of a member of an object, as it is written. Nil for anything else.
  public func member(_ name: String) -> JSONText? {
    (try? JSONNode(bytes))?[name].map { JSONText(unchecked: Array(bytes[$0.range])) }
  }

  /// The value, decoded. Refuses an object that has one member twice: whoever decides by a value must see the one that counts.
  public func decoded(limits: JSONLimits = .message) throws(JSONProblem) -> JSONValue {
    JSONValue(try JSONNode(bytes, limits: limits))
  }
}

extension JSONText: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral {
  public init(stringLiteral value: String) { self.init(value) }
  public init(integerLiteral value: Int) { self.init(value) }
  public init(booleanLiteral value: Bool) { self.init(value) }
}

extension JSONText: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  public var description: String { "JSON of \(bytes.count) bytes" }
  public var debugDescription: String { description }
  public var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}
