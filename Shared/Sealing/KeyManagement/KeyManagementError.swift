public import Model

/// Why a root key could not be used. Names keys by id, never by content.
public enum KeyManagementError: Error, Sendable, Hashable {
  /// This process has not seen the key: its keyring may be older than the data. Retry; it never means "deleted".
  case unknownKey(id: String)
  /// The key was destroyed on purpose.
  case keyDestroyed(id: String)
  /// The wrapped key does not open: another root key of the same name, other bytes, or damage.
  case refused(id: String)
  /// Only keys of 256 bits are wrapped.
  case wrongKeySize
  /// The provider did not answer, or its store cannot be read. Retry.
  case unavailable
  /// A change of the keys was refused, for the reason given.
  case changeRefused([String])

  /// Whether the same call may succeed later without anyone changing its arguments.
  public var isRetryable: Bool {
    switch self {
    case .unknownKey, .unavailable: true
    case .keyDestroyed, .refused, .wrongKeySize, .changeRefused: false
    }
  }
}

extension KeyManagementError: ServiceErrorConvertible {
  /// Seconds until a retry: a replica reloads its keyring at most once in this time.
  private static let retryAfterSeconds = 1

  public var serviceError: ServiceError {
    switch self {
    case .unknownKey, .unavailable:
      ServiceError(
        .unavailable, "A key is not available at the moment. Try again.", retryAfter: Self.retryAfterSeconds,
        cause: self)
    case .keyDestroyed, .refused, .wrongKeySize:
      ServiceError(.internalError, "A stored key cannot be opened. The operator must look at it.", cause: self)
    case .changeRefused(let reasons):
      ServiceError(.conflict, reasons.joined(separator: "; "), cause: self)
    }
  }
}
