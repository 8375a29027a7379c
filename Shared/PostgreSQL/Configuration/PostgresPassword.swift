/// A database password. Prints and reflects as `[redacted]`.
public struct PostgresPassword: Sendable {
  private let value: String
  public init(_ value: String) { self.value = value }

  /// The only door.
  func expose<Result>(_ body: (String) throws -> Result) rethrows -> Result { try body(value) }
}

extension PostgresPassword: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  public var description: String { "[redacted]" }
  public var debugDescription: String { "[redacted]" }
  public var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}
