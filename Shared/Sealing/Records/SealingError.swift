public import Model

/// Why a value could not be sealed or opened.
public enum SealingError: Error, Sendable, Hashable {
  /// It does not open. One answer for every reason (wrong key, wrong place, damage, another format), so that nothing
  /// can be learned from trying.
  case cannotOpen
  /// The plaintext is larger than ``SealedRecord/maximumPlaintextBytes``.
  case plaintextTooLarge
  /// The key belongs to another organization than the address: a fault in our own code.
  case keyOfAnotherOrganization
}

extension SealingError: ServiceErrorConvertible {
  public var serviceError: ServiceError {
    switch self {
    case .plaintextTooLarge: ServiceError(.payloadTooLarge, "The secret is too large to store.", cause: self)
    case .cannotOpen, .keyOfAnotherOrganization:
      ServiceError(.internalError, "A stored secret cannot be used. The operator must look at it.", cause: self)
    }
  }
}
