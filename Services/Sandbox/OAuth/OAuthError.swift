import HTTPTypes

/// An error as RFC 6749 sections 4.1.2.1 and 5.2 write it, with the codes of the RFCs that extend the list.
struct OAuthError: Error, Sendable, Equatable {
  enum Code: String, Sendable {
    // RFC 6749
    case invalidRequest = "invalid_request"
    case invalidClient = "invalid_client"
    case invalidGrant = "invalid_grant"
    case unauthorizedClient = "unauthorized_client"
    case unsupportedGrantType = "unsupported_grant_type"
    case unsupportedResponseType = "unsupported_response_type"
    case invalidScope = "invalid_scope"
    case accessDenied = "access_denied"
    case serverError = "server_error"
    case temporarilyUnavailable = "temporarily_unavailable"
    // OpenID Connect Core section 3.1.2.6
    case loginRequired = "login_required"
    case consentRequired = "consent_required"
    case accountSelectionRequired = "account_selection_required"
    // RFC 6750 section 3.1
    case invalidToken = "invalid_token"
    case insufficientScope = "insufficient_scope"
    // RFC 8707 section 2
    case invalidTarget = "invalid_target"
    // RFC 7591 section 3.2.2
    case invalidRedirectURI = "invalid_redirect_uri"
    case invalidClientMetadata = "invalid_client_metadata"
    // The sandbox's own
    case notFound = "not_found"
  }

  var code: Code
  /// For people. Never holds a token, a code or anything else that the request carried.
  var message: String
  /// What `WWW-Authenticate` says, where the status asks for it.
  var challenge: String?

  init(_ code: Code, _ message: String, challenge: String? = nil) {
    self.code = code
    self.message = message
    self.challenge = challenge
  }

  var status: HTTPResponse.Status {
    switch code {
    case .invalidClient, .invalidToken: .unauthorized
    case .insufficientScope, .accessDenied: .forbidden
    case .temporarilyUnavailable: .serviceUnavailable
    case .notFound: .notFound
    case .serverError: .internalServerError
    default: .badRequest
    }
  }
}
