/// The ways in which an endpoint can fail. Each is something that real providers do.
enum FaultKind: String, Codable, CaseIterable, Sendable {
  /// Answers correctly, but only after `delayMilliseconds`.
  case slow
  /// Answers `status` (500) with an OAuth error body.
  case status
  /// Answers `status` (502) with an HTML page, as a proxy in front of a provider does.
  case html
  /// Cuts the connection by a TCP reset before anything is processed.
  case resetBefore
  /// Processes the request, then cuts the connection by a TCP reset without an answer.
  case resetAfter
  /// Processes the request, promises the whole answer, sends half of it and cuts the connection.
  case truncated
  /// Answers 400 `invalid_grant` (RFC 6749 section 5.2).
  case invalidGrant
  /// Answers 401 `invalid_client`.
  case invalidClient
  /// Answers 429 with `Retry-After: retryAfterSeconds`.
  case tooManyRequests
  /// Leaves `field` out of the answer; `access_token` if none is named.
  case missingField
  /// Answers 200 without a body.
  case emptyBody
  /// Answers 200 with a body that says it is JSON and is not.
  case invalidJSON
  /// Answers 200 with a JSON body of `bytes` bytes.
  case oversize
  /// Answers 302 to `location`.
  case redirect
  /// Answers 200 with an OAuth error body, `error` (`invalid_grant`), as some large providers do.
  case errorWith200
  /// Answers word for word what is asked for: `status` (200), `body` as `contentType` (`application/json`), and `retryAfter`.
  case answer
  /// Answers with a `token_type` that is not Bearer.
  case wrongTokenType
  /// Answers `application/x-www-form-urlencoded` instead of JSON.
  case formEncoded
  /// Names another issuer: in the metadata, or as `iss` on the way back to the client (RFC 9207).
  case wrongIssuer
  /// Brings another `state` back to the client.
  case wrongState
  /// Sends the person back with `access_denied`, whatever they chose.
  case accessDenied

  /// The endpoints at which the kind means something.
  func applies(to endpoint: ProviderEndpoint) -> Bool {
    switch self {
    case .invalidGrant, .wrongTokenType, .formEncoded: endpoint == .token
    case .invalidClient: [.token, .revocation, .introspection].contains(endpoint)
    case .wrongState, .accessDenied: endpoint == .authorize
    case .wrongIssuer: endpoint == .authorize || endpoint == .discovery
    case .missingField: endpoint != .revocation
    default: true
    }
  }

  /// Whether the endpoint does its work before the fault shows. A fault may say otherwise with `afterProcessing`
  /// where its answer does not depend on the real one.
  var processesByItself: Bool {
    switch self {
    case .slow, .resetAfter, .truncated, .missingField, .wrongTokenType, .formEncoded, .wrongIssuer, .wrongState,
      .accessDenied:
      true
    case .status, .html, .resetBefore, .invalidGrant, .invalidClient, .tooManyRequests, .emptyBody, .invalidJSON,
      .oversize, .redirect, .errorWith200, .answer:
      false
    }
  }
}
