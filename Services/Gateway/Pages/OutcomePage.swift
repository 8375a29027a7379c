import Model

/// The page on which a flow ends, well or not.
struct OutcomePage: Sendable {
  var title: String
  var message: String
  /// `success`, `neutral` or `failure`: which mark the page wears.
  var mark: String
  /// The stable code, small, for those who report a problem.
  var code: String?
  var requestId: String?
  /// Whether the window has done its work and closes itself.
  var closes = false
  /// Of this answer's script element.
  let scriptNonce = PageHeaders.scriptNonce()

  /// The end of a flow.
  init(_ facts: FlowFacts) {
    switch facts.status.status {
    case .completed:
      title = "\(facts.request.providerName) is connected"
      message = "You can close this window and go back to \(facts.request.organizationName)."
      mark = "success"
      closes = true
    case .failed, .pending:
      let failure = facts.status.error
      title = Self.title(failure?.code, facts.request.providerName)
      message = failure?.message ?? "Nothing was connected. You can close this window."
      mark = failure?.code == .userCancelled ? "neutral" : "failure"
      code = failure?.code.rawValue
    }
  }

  /// A page about an error outside of any flow that we can name.
  init(_ error: ServiceError, requestId: String) {
    title = Self.title(error.code)
    message = error.detail
    mark = "failure"
    code = error.code.rawValue
    self.requestId = requestId
  }

  /// Titles of problem documents speak to programmers; these do not.
  private static func title(_ code: ErrorCode) -> String {
    switch code {
    case .flowNotFound, .notFound: "This link does not work"
    case .invalidState, .invalidRequest, .forbidden: "This could not be continued"
    case .rateLimited: "Too many attempts"
    case .internalError: "Something went wrong"
    default: code.title
    }
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
