public import Model

/// Why an entry could not be recorded. Whatever the reason, what it speaks of must not be done: nothing is released.
public enum AuditError: Error, Hashable, Sendable {
  /// The entry itself cannot be stored, for the reason given: a fault in our own code.
  case invalidEntry(String)
  /// Too many entries are waiting.
  case queueFull
  /// The writer has stopped.
  case notRunning
  /// The database did not take the entry. It is not in the chain.
  case notWritten
  /// The database was lost during the commit. The entry may be in the chain, though nothing was released.
  case outcomeUnknown
  /// The role sees a part of the chains only.
  case notOwner
}

extension AuditError: ServiceErrorConvertible {
  /// Seconds until a retry makes sense: the database reconnects within a second or two.
  private static let retryAfterSeconds = 2

  public var serviceError: ServiceError {
    switch self {
    case .invalidEntry: ServiceError(.internalError, "Something went wrong on our side.", cause: self)
    case .notOwner:
      ServiceError(.forbidden, "Connect as the role that owns the tables; from this one chains are hidden.")
    case .queueFull, .notRunning, .notWritten, .outcomeUnknown:
      ServiceError(
        .unavailable, "This cannot be recorded at the moment, so it was not done. Try again.",
        retryAfter: Self.retryAfterSeconds, cause: self)
    }
  }
}
