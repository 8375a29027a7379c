import Model

/// Why an authorization ended without a Connection.
enum AuthorizationRefusal: Error, Sendable {
  /// The answer names another server, or came to another redirect URI.
  case foreignAnswer
  /// The provider answered with an error (RFC 6749 section 4.1.2.1).
  case refused(code: String)
  /// The code could not be exchanged.
  case exchangeFailed(TokenFailure)
  /// The Integration was changed while the person was at the provider.
  case integrationChanged
  /// The ID token is not for this authorization.
  case foreignIdentity

  /// What the page and the application are told.
  var failure: FlowStatus.Failure {
    switch self {
    case .foreignAnswer, .foreignIdentity:
      .init(
        code: .invalidState, message: "The answer did not come from the provider that was asked. Nothing was connected."
      )
    case .integrationChanged:
      .init(code: .conflict, message: "The Integration was changed in the meantime. Connect again.")
    case .refused("access_denied"):
      .init(code: .accessDenied, message: "Access was declined at the provider. Nothing was connected.")
    case .refused("temporarily_unavailable"), .refused("server_error"):
      .init(code: .providerUnavailable, message: "The provider has a problem at the moment. Try again later.")
    case .refused("invalid_scope"), .refused("unauthorized_client"), .refused("invalid_client"),
      .refused("unsupported_response_type"), .refused("invalid_request"):
      .init(
        code: .integrationMisconfigured,
        message:
          "The provider refuses the Integration's request. An owner should check its client id, redirect URI and scopes."
      )
    case .refused:
      .init(code: .providerRejected, message: "The provider ended this with an error. Connect again.")
    case .exchangeFailed(let failure): Self.exchange(failure)
    }
  }

  private static func exchange(_ failure: TokenFailure) -> FlowStatus.Failure {
    switch failure.failure {
    case .transient, .outcomeUnknown:
      .init(
        code: .providerUnavailable,
        message: "The provider did not complete the exchange (\(failure.reason)). Connect again.")
    case .needsReauthorization:
      .init(
        code: .providerRejected, message: "The provider did not accept its own code (\(failure.reason)). Connect again."
      )
    case .configError:
      .init(
        code: .integrationMisconfigured,
        message:
          "The provider refuses the Integration's client (\(failure.reason)). An owner must check client id and secret."
      )
    }
  }
}
