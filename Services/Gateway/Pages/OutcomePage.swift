import Model

/// The page on which a flow ends, well or not.
struct OutcomePage: Sendable {
  var title: String
  var message: String
  var isSuccess: Bool
  /// The stable code, small, for those who report a problem.
  var code: String?
  var requestId: String?

  /// The end of a flow.
  init(_ facts: FlowFacts) {
    switch facts.status.status {
    case .completed:
      title = "\(facts.request.providerName) is connected"
      message = "You can close this window and go back to \(facts.request.organizationName)."
      isSuccess = true
    case .failed, .pending:
      let failure = facts.status.error
      title = Self.title(failure?.code, facts.request.providerName)
      message = failure?.message ?? "Nothing was connected. You can close this window."
      isSuccess = false
      code = failure?.code.rawValue
    }
  }

  /// A page about an error outside of any flow that we can name.
  init(_ error: ServiceError, requestId: String) {
    title = error.code.title
    message = error.detail
    isSuccess = false
    code = error.code.rawValue
    self.requestId = requestId
  }

  private static func title(_ code: ErrorCode?, _ provider: String) -> String {
    switch code {
    case .userCancelled: "Nothing was connected"
    case .accessDenied: "\(provider) was not connected"
    case .flowExpired: "This took too long"
    default: "\(provider) could not be connected"
    }
  }
}
