/// A value that never appears in logs, errors, string interpolation, reflection or a crash dump of our own making.
///
/// Not `Codable` on purpose: a secret reaches the wire only inside a ``WireSecret``, and the code only through ``expose(_:)``.
public struct Secret<Value: Sendable>: Sendable {
  private let value: Value

  /// Takes the value under cover.
  public init(_ value: Value) { self.value = value }

  /// The only door to the value. Search for it in review.
  public func expose<Result>(_ body: (Value) throws -> Result) rethrows -> Result { try body(value) }

  /// The same door for asynchronous work.
  public func expose<Result: Sendable>(_ body: @Sendable (Value) async throws -> Result) async rethrows -> Result {
    try await body(value)
  }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  public var description: String { "[redacted]" }
  public var debugDescription: String { "[redacted]" }
  public var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}
