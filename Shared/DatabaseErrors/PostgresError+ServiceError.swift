public import Model
public import PostgreSQL

/// What callers learn of a database error: the same from every service that has a database.
extension PostgresError: ServiceErrorConvertible {
  /// Seconds until a retry makes sense: the client reconnects within a second or two.
  private static let retryAfterSeconds = 1

  /// `unavailable` with a time to come back for whatever passes by itself, `invalid_request` for a value that the database cannot
  /// hold, `internal_error` for the rest.
  public var serviceError: ServiceError {
    switch self {
    case .connectionLost, .untrustedServer, .outcomeUnknown, .poolTimeout, .queueFull, .timeout, .cancelled, .shutDown:
      unavailable
    case .invalidParameter: invalid
    case .decoding, .transactionEnded, .notAllowed: internalFailure
    case .server(let fault):
      switch fault.state.errorClass {
      // Data that the database cannot hold: U+0000, a number out of range, a text too long for an index.
      case "22", "54": invalid
      // Lost races, shutdown, resources, lost connections.
      case "40", "53", "55", "57", "08": unavailable
      default: internalFailure
      }
    }
  }

  private var unavailable: ServiceError {
    ServiceError(
      .unavailable, "The database did not answer in time. Try again.", retryAfter: Self.retryAfterSeconds, cause: self)
  }

  private var invalid: ServiceError {
    ServiceError(.invalidRequest, "A value in the request cannot be stored.", cause: self)
  }

  private var internalFailure: ServiceError {
    ServiceError(.internalError, "Something went wrong on our side. The request id finds it in the logs.", cause: self)
  }
}
