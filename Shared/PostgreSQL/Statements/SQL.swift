/// SQL text with its parameters.
///
/// Only a literal can become SQL text: the literal parts are `StaticString`, and interpolating a value binds it as a
/// parameter. `"… WHERE id = \(id) AND n = \(3)"` becomes `… WHERE id = $1 AND n = $2`.
///
/// Text parameters are sent without a declared type, so PostgreSQL takes the type from the place where they are used
/// (`text`, `jsonb`, `uuid`, an enum). Where that place does not say, write the cast: `\(name)::text IS NULL`.
public struct SQL: Sendable, ExpressibleByStringInterpolation {
  /// The text with `$1`, `$2`, … where values are bound.
  public private(set) var text: String
  var parameters: Parameters

  public init(stringLiteral value: StaticString) {
    text = value.description
    parameters = Parameters()
  }

  public init(stringInterpolation: Interpolation) {
    text = stringInterpolation.text
    parameters = stringInterpolation.parameters
  }

  /// The number of bound parameters.
  public var parameterCount: Int { parameters.entries.count }

  /// This statement followed by another one's text; the parameters of the second are numbered on.
  ///
  /// No space is put between the two.
  public func appending(_ other: SQL) -> SQL {
    var result = self
    result.append(other)
    return result
  }

  /// Appends another statement's text; its parameters are numbered on.
  public mutating func append(_ other: SQL) {
    let source = Array(other.text.utf8)
    var copied = 0
    for (index, entry) in other.parameters.entries.enumerated() {
      text += String(decoding: source[copied..<entry.position], as: UTF8.self)
      parameters.append(entry, from: other.parameters, at: text.utf8.count)
      text += "$\(parameters.entries.count)"
      copied = entry.position + 1 + String(index + 1).utf8.count
    }
    text += String(decoding: source[copied...], as: UTF8.self)
  }

  /// Collects the literals and the bound values of one statement.
  public struct Interpolation: StringInterpolationProtocol {
    var text = ""
    var parameters = Parameters()

    public init(literalCapacity: Int, interpolationCount: Int) {
      // Each value becomes a placeholder of up to four characters.
      text.reserveCapacity(literalCapacity + interpolationCount * 4)
      parameters.entries.reserveCapacity(interpolationCount)
    }

    public mutating func appendLiteral(_ literal: StaticString) {
      literal.withUTF8Buffer { text += String(decoding: $0, as: UTF8.self) }
    }

    public mutating func appendInterpolation(_ value: String) { bind(.text(value)) }
    public mutating func appendInterpolation(_ value: Int) { bind(.int(Int64(value))) }
    public mutating func appendInterpolation(_ value: Int64) { bind(.int(value)) }
    public mutating func appendInterpolation(_ value: Bool) { bind(.bool(value)) }

    /// Binds any value that says how.
    public mutating func appendInterpolation<Value: PostgresBindable>(_ value: Value) { bind(value.postgresBind) }

    /// Binds a value or NULL.
    public mutating func appendInterpolation<Value: PostgresBindable>(_ value: Value?) {
      bind(value?.postgresBind ?? .null(Value.postgresType))
    }

    /// Splices in another statement; its parameters are numbered on.
    public mutating func appendInterpolation(_ fragment: SQL) {
      var whole = SQL(stringInterpolation: self)
      whole.append(fragment)
      text = whole.text
      parameters = whole.parameters
    }

    private mutating func bind(_ value: PostgresBind) {
      parameters.append(value, at: text.utf8.count)
      text += "$\(parameters.entries.count)"
    }
  }
}

extension SQL: CustomStringConvertible, CustomReflectable {
  /// The text without the values.
  public var description: String { text }

  /// Reflection shows the text, never the values.
  public var customMirror: Mirror { Mirror(self, children: ["text": text]) }
}
