import HTTPTypes

/// One misfortune that waits for its endpoint.
struct Fault: Codable, Sendable, Equatable {
  var endpoint: ProviderEndpoint
  var kind: FaultKind
  /// How often it strikes before it is used up. Once, unless said otherwise.
  var times: Int?
  /// Strikes only every n-th request that it fits: 2 lets every other one pass.
  var every: Int?
  /// Only requests with this `grant_type`.
  var grantType: String?
  /// Only requests that name this client.
  var clientId: String?
  var delayMilliseconds: Int?
  var status: Int?
  var retryAfterSeconds: Int?
  var field: String?
  /// The OAuth error code of `status` and `errorWith200`.
  var error: String?
  var location: String?
  var bytes: Int?
  /// What `answer` says, and as what.
  var body: String?
  var contentType: String?
  /// `Retry-After` of `answer` as it is sent, be it a date or nonsense.
  var retryAfter: String?
  /// Lets the endpoint do its work before the false answer: a client then holds a token that was already rotated.
  var afterProcessing: Bool?

  /// What is wrong with it, in words.
  var problems: [String] {
    var problems: [String] = []
    func check(_ value: Int?, _ range: ClosedRange<Int>, _ name: String) {
      guard let value, !range.contains(value) else { return }
      problems.append("\(name) must be from \(range.lowerBound) to \(range.upperBound)")
    }
    if !kind.applies(to: endpoint) { problems.append("\(kind.rawValue) means nothing at \(endpoint.rawValue)") }
    check(times, 1...Limits.faultTimes, "times")
    check(every, 1...Limits.faultTimes, "every")
    check(delayMilliseconds, 0...Limits.faultDelayMilliseconds, "delayMilliseconds")
    check(status, (kind == .answer ? 200 : 400)...599, "status")
    check(retryAfterSeconds, 0...Limits.refreshGraceSeconds, "retryAfterSeconds")
    check(bytes, 1...Limits.oversizeBytes, "bytes")
    if afterProcessing != nil && kind.processesByItself { problems.append("\(kind.rawValue) always processes first") }
    if kind == .resetBefore && afterProcessing == true { problems.append("resetBefore never processes") }
    for (value, name) in [(contentType, "contentType"), (retryAfter, "retryAfter")] {
      if let value, !HTTPField.isValidValue(value) { problems.append("\(name) is no value of a header") }
    }
    if grantType != nil && endpoint != .token { problems.append("grantType belongs to the token endpoint") }
    if clientId != nil && ![.token, .revocation, .introspection].contains(endpoint) {
      problems.append("clientId belongs to an endpoint at which clients authenticate")
    }
    return problems
  }

  /// Whether it strikes this request.
  func fits(_ endpoint: ProviderEndpoint, grantType: String?, clientID: String?) -> Bool {
    self.endpoint == endpoint && (self.grantType == nil || self.grantType == grantType)
      && (clientId == nil || clientId == clientID)
  }

  var processesFirst: Bool { kind.processesByItself || afterProcessing == true }

  /// Some faults show in the address that leads back to the client, not in an answer of an endpoint.
  var changesAuthorizationAnswer: Bool {
    endpoint == .authorize && [.missingField, .wrongIssuer, .wrongState, .accessDenied].contains(kind)
  }

  /// Changes the parameters of an authorization answer.
  func change(_ parameters: inout [(String, String)]) {
    func replace(_ name: String, by value: String) {
      parameters = parameters.map { $0.0 == name ? (name, value) : $0 }
    }
    switch kind {
    case .missingField: parameters.removeAll { $0.0 == field ?? "code" }
    case .wrongIssuer: replace("iss", by: Self.foreignIssuer)
    case .wrongState: replace("state", by: "another-state")
    case .accessDenied:
      parameters.removeAll { ["code", "error", "error_description"].contains($0.0) }
      parameters.insert(("error", OAuthError.Code.accessDenied.rawValue), at: 0)
    default: break
    }
  }

  /// An issuer that is never ours (RFC 2606 reserves the name).
  static let foreignIssuer = "https://another-issuer.example"
}
