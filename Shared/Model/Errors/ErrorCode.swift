/// Every stable error code, with the HTTP status it travels under.
///
/// Closed in our code and open on the wire: a code from a newer peer decodes to ``internalError``.
public enum ErrorCode: String, Sendable, CaseIterable {
  // What applications see.
  case integrationNotFound = "integration_not_found"
  case userCancelled = "user_cancelled"
  case accessDenied = "access_denied"
  case popupBlocked = "popup_blocked"
  case flowExpired = "flow_expired"
  case connectionNotFound = "connection_not_found"
  case insufficientScope = "insufficient_scope"
  case reauthorizationRequired = "reauthorization_required"
  case applicationBlocked = "application_blocked"
  case policyDenied = "policy_denied"
  case notRegistered = "not_registered"
  case invalidRequest = "invalid_request"
  case providerUnavailable = "provider_unavailable"
  case rateLimited = "rate_limited"

  // What programs, owners and our own services see besides.
  case unauthenticated
  case forbidden
  case notFound = "not_found"
  case methodNotAllowed = "method_not_allowed"
  case conflict
  case integrationInUse = "integration_in_use"
  case idempotencyKeyReused = "idempotency_key_reused"
  case payloadTooLarge = "payload_too_large"
  case unsupportedMediaType = "unsupported_media_type"
  case grantRefused = "grant_refused"
  case flowNotFound = "flow_not_found"
  case invalidState = "invalid_state"
  case integrationMisconfigured = "integration_misconfigured"
  case providerRejected = "provider_rejected"
  case discoveryFailed = "discovery_failed"
  case registrationUnavailable = "registration_unavailable"
  case lastOwner = "last_owner"
  case signInRefused = "sign_in_refused"
  case stepUpRequired = "step_up_required"
  case sealed
  case unavailable
  case internalError = "internal_error"

  /// The HTTP status of a problem document with this code.
  public var status: Int {
    switch self {
    case .invalidRequest, .notRegistered, .invalidState: 400
    case .unauthenticated: 401
    case .accessDenied, .insufficientScope, .applicationBlocked, .policyDenied, .forbidden, .grantRefused: 403
    case .signInRefused, .stepUpRequired: 403
    case .integrationNotFound, .connectionNotFound, .notFound, .flowNotFound: 404
    case .methodNotAllowed: 405
    case .userCancelled, .popupBlocked, .reauthorizationRequired, .conflict, .integrationInUse, .lastOwner: 409
    case .flowExpired: 410
    case .payloadTooLarge: 413
    case .unsupportedMediaType: 415
    case .idempotencyKeyReused, .integrationMisconfigured, .discoveryFailed, .registrationUnavailable: 422
    case .rateLimited: 429
    case .internalError: 500
    case .providerRejected: 502
    case .providerUnavailable, .unavailable, .sealed: 503
    }
  }

  /// A short, fixed title for people (RFC 9457 `title`).
  public var title: String {
    switch self {
    case .integrationNotFound: "No Integration is set up for this provider"
    case .userCancelled: "The person cancelled"
    case .accessDenied: "The person or the provider refused access"
    case .popupBlocked: "The browser blocked the popup"
    case .flowExpired: "The authorization took too long"
    case .connectionNotFound: "No such Connection"
    case .insufficientScope: "The Connection does not cover the scopes"
    case .reauthorizationRequired: "The account must be authorized again"
    case .applicationBlocked: "The Application is blocked"
    case .policyDenied: "An access rule refuses this"
    case .notRegistered: "The Application has not registered"
    case .invalidRequest: "The request is not valid"
    case .providerUnavailable: "The provider cannot be reached"
    case .rateLimited: "Too many requests"
    case .unauthenticated: "A credential is missing or not valid"
    case .forbidden: "Not allowed for this role"
    case .notFound: "Not found"
    case .methodNotAllowed: "Method not allowed"
    case .conflict: "The state has changed"
    case .integrationInUse: "The Integration is in use"
    case .idempotencyKeyReused: "The idempotency key was used for another request"
    case .payloadTooLarge: "The request is too large"
    case .unsupportedMediaType: "The content type is not supported"
    case .grantRefused: "The grant does not cover this"
    case .flowNotFound: "No such flow"
    case .invalidState: "The authorization response does not belong to a flow of this browser"
    case .integrationMisconfigured: "The provider refuses the Integration's configuration"
    case .providerRejected: "The provider gave an answer that cannot be used"
    case .discoveryFailed: "The MCP server's authorization cannot be found by its address"
    case .registrationUnavailable: "The authorization server takes no client that it does not know"
    case .lastOwner: "The organization would be without an owner"
    case .signInRefused: "Nobody was signed in"
    case .stepUpRequired: "Sign in again to do this"
    case .sealed: "The vault is sealed"
    case .unavailable: "Temporarily unavailable"
    case .internalError: "Internal error"
    }
  }
}

extension ErrorCode: Codable {
  public init(from decoder: any Decoder) throws {
    self = ErrorCode(rawValue: try decoder.singleValueContainer().decode(String.self)) ?? .internalError
  }
}
