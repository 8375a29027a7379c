/// A secret text on its way between two of our processes, or to the caller that a rule allows.
///
/// It is the one place where a ``Secret`` meets an encoder. A wire type that holds one says so in its type, and still prints `[redacted]`.
public struct WireSecret: Codable, Sendable {
  /// The covered text.
  public let secret: Secret<String>

  /// Prepares a secret for the wire.
  public init(_ secret: Secret<String>) { self.secret = secret }

  /// Prepares a text for the wire.
  public init(_ text: String) { self.secret = Secret(text) }

  public init(from decoder: any Decoder) throws {
    secret = Secret(try decoder.singleValueContainer().decode(String.self))
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try secret.expose { try container.encode($0) }
  }
}

extension WireSecret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  public var description: String { "[redacted]" }
  public var debugDescription: String { "[redacted]" }
  public var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}
