/// What a subscriber of a channel gets.
public enum PostgresNotification: Hashable, Sendable {
  case message(payload: String)
  /// Listening has begun, or begun again: notifications before this may have been missed.
  case reconnected
}

/// The name of a channel for LISTEN and NOTIFY: a literal of lower-case letters, digits and underscores.
public struct NotificationChannel: Hashable, Sendable, ExpressibleByStringLiteral {
  public let name: String

  /// PostgreSQL cuts longer names (`NAMEDATALEN` - 1).
  private static let maximumLength = 63

  public init(stringLiteral value: StaticString) {
    name = value.description
    // The name becomes SQL text, where nothing can be bound. It is a literal, so this is a mistake in the code.
    precondition(
      (1...Self.maximumLength).contains(name.utf8.count)
        && name.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5F },
      "a channel's name has lower-case letters, digits and underscores")
  }
}
