import Model

/// Why an identity provider's answer signs nobody in. The raw value is what stands in the audit trail.
enum SignInFailure: String, Error, Sendable, CaseIterable {
  /// The answer names another server (RFC 9207).
  case foreignAnswer = "foreign_answer"
  /// The person or the provider said no.
  case declined
  case providerError = "provider_error"
  case providerUnavailable = "provider_unavailable"
  case codeRefused = "code_refused"
  case clientRefused = "client_refused"
  case noIdentity = "no_id_token"
  // What is wrong with an ID token.
  case malformed
  case algorithmRefused = "algorithm_refused"
  case unknownKey = "unknown_key"
  case badSignature = "bad_signature"
  case otherIssuer = "other_issuer"
  case otherAudience = "other_audience"
  case expired
  case notYetValid = "not_yet_valid"
  case otherNonce = "other_nonce"

  init(_ failure: TokenFailure) {
    self =
      switch failure.failure {
      case .transient, .outcomeUnknown: .providerUnavailable
      case .needsReauthorization: .codeRefused
      case .configError: .clientRefused
      }
  }
}

extension SignInFailure: ServiceErrorConvertible {
  var serviceError: ServiceError {
    switch self {
    case .declined:
      ServiceError(.accessDenied, "The sign-in was declined at the identity provider. Nobody was signed in.")
    case .providerUnavailable, .providerError:
      ServiceError(.providerUnavailable, "The identity provider has a problem at the moment. Try again later.")
    case .clientRefused:
      ServiceError(
        .integrationMisconfigured,
        "The identity provider does not accept the organization's client. An owner must check its id and secret.")
    case .foreignAnswer, .codeRefused, .noIdentity, .malformed, .algorithmRefused, .unknownKey, .badSignature,
      .otherIssuer, .otherAudience, .expired, .notYetValid, .otherNonce:
      ServiceError(
        .signInRefused,
        "The identity provider's answer does not prove who you are (\(rawValue)). Sign in again; if it happens again, tell an owner."
      )
    }
  }
}
