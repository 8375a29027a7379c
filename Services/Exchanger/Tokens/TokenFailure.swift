import Model
import Providers

/// Why a token request gave no tokens, and what that means for the Connection.
///
/// The table is the heart of "no connection dies of our own races": only an explicit word of the provider ends one; timeouts, 5xx, HTML and
/// 429 never do.
struct TokenFailure: Error, Sendable, Equatable {
  var failure: RefreshFailureClass
  /// A stable word, never the provider's text.
  var reason: String
  /// Seconds that the provider asked us to wait.
  var retryAfter: Int?
  /// What was said of the client's secrets.
  var secrets: ClientSecretVerdict?

  /// Whether the provider did not know the client, and so has not looked at the grant (RFC 6749 section 5.2).
  var isClientRefusal: Bool { failure == .configError && Self.clientRefusals.contains(reason) }

  /// Whether the provider knew the client when it refused: the grant is not good, or not for this client (RFC 6749 section 5.2).
  var provesClient: Bool { failure == .needsReauthorization || Self.wordsToKnownClients.contains(reason) }

  /// The provider gave no answer.
  init(_ silence: ProviderSilence) {
    switch silence {
    case .notSent(let reason): self.init(.transient, reason)
    case .outcomeUnknown(let reason): self.init(.outcomeUnknown, reason)
    }
  }

  /// The provider's answer holds no token.
  init(_ error: TokenAnswerError, in reply: ProviderReply) {
    if Self.passingStatuses.contains(reply.status) || reply.status >= 500 || (300..<400).contains(reply.status) {
      self.init(.transient, "status_\(reply.status)", retryAfter: reply.retryAfter)
      return
    }
    switch error {
    case .refused(let code): self.init(Self.failure(for: code), code, retryAfter: reply.retryAfter)
    case .unreadable where reply.status == 401: self.init(.configError, "unauthorized")
    case .unreadable: self.init(.transient, "unreadable_answer", retryAfter: reply.retryAfter)
    case .missingAccessToken: self.init(.transient, "missing_access_token", retryAfter: reply.retryAfter)
    }
  }

  init(
    _ failure: RefreshFailureClass, _ reason: String, retryAfter: Int? = nil, secrets: ClientSecretVerdict? = nil
  ) {
    self.failure = failure
    self.reason = reason
    self.retryAfter = retryAfter
    self.secrets = secrets
  }

  /// 408 Request Timeout, 425 Too Early, 429 Too Many Requests: whatever the body says, the word is "later".
  private static let passingStatuses: Set<Int> = [408, 425, 429]

  /// RFC 6749 section 5.2, GitHub's and Slack's words for the same.
  private static let clientRefusals: Set<String> = [
    "invalid_client", "incorrect_client_credentials", "bad_client_secret",
  ]

  /// RFC 6749 section 5.2: said of a client that has proved itself.
  private static let wordsToKnownClients: Set<String> = [
    "unauthorized_client", "invalid_scope", "unsupported_grant_type",
  ]

  /// RFC 6749 section 5.2, OpenID Connect Core section 3.1.2.6, and GitHub's own word for a dead refresh token.
  private static func failure(for code: String) -> RefreshFailureClass {
    switch code {
    case "invalid_grant", "bad_refresh_token", "interaction_required", "consent_required", "login_required":
      .needsReauthorization
    case _ where wordsToKnownClients.contains(code) || clientRefusals.contains(code): .configError
    default: .transient
    }
  }
}

extension TokenFailure: ServiceErrorConvertible {
  /// What the caller of a refresh learns.
  var serviceError: ServiceError {
    switch failure {
    case .transient, .outcomeUnknown:
      ServiceError(
        .providerUnavailable,
        "The provider did not renew the token (\(reason)). The Connection is kept; try again later.",
        retryAfter: retryAfter ?? 5)
    case .needsReauthorization:
      ServiceError(
        .reauthorizationRequired,
        "The provider no longer accepts this Connection (\(reason)). Connect the account again.")
    case .configError:
      ServiceError(
        .integrationMisconfigured,
        "The provider refuses the Integration's client (\(reason)). An owner must check client id and secret.")
    }
  }
}
