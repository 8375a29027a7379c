public import Model

/// Why a service token or a grant was refused: for our own log and the audit trail, never for the caller.
public enum TokenRefusal: String, Sendable, CaseIterable {
  /// None was sent.
  case missing
  /// It is not three canonical base64url parts with the JSON that belongs there.
  case malformed
  /// It is longer than any of ours can be.
  case tooLarge
  /// Its algorithm is not EdDSA.
  case wrongAlgorithm
  /// A grant where a service token belongs, or the reverse.
  case wrongType
  /// No pinned key has its key id.
  case unknownKey
  /// The signature does not fit.
  case badSignature
  /// It names another issuer than the owner of the key.
  case wrongIssuer
  /// It was made for another service.
  case wrongAudience
  /// It is over.
  case expired
  /// It begins later than the permitted clock skew.
  case fromTheFuture
  /// It would live longer than allowed.
  case lifetimeTooLong
  /// Another service presents it than the one it was made for.
  case wrongPresenter
}

/// A service token was refused. All reasons look the same from outside.
public struct ServiceTokenRefused: ServiceErrorConvertible {
  /// The reason, for the log.
  public let reason: TokenRefusal

  /// The fact by which a calling service knows that its own credential was refused, and not the one of its caller.
  public static let credentialFact = ["credential": ["service"]]

  public init(_ reason: TokenRefusal) { self.reason = reason }

  public var serviceError: ServiceError {
    ServiceError(.unauthenticated, "A valid service token is needed.", facts: Self.credentialFact)
  }
}

/// A grant was refused. All reasons look the same from outside.
public struct GrantRefused: ServiceErrorConvertible {
  /// The reason, for the log and the audit trail.
  public let reason: TokenRefusal

  public init(_ reason: TokenRefusal) { self.reason = reason }

  public var serviceError: ServiceError {
    ServiceError(.grantRefused, "The grant does not cover this. Ask the policy service for a new one.")
  }
}
