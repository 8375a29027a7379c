import Model

/// Why a grant was not enough. The caller learns only that it was not; the reason goes into the audit row.
struct GrantMismatch: Error, Sendable {
  enum Reason: String, Sendable, CaseIterable {
    case purposeNotGranted
    case noUser
    case noScope
    case noIntegrations
    case otherOrganization
    case otherUser
    case otherScope
    case otherIntegration
    case otherFlow
    case otherOwner
    case alreadyUsed
  }

  /// What the caller sees: whether something exists outside a grant's reach must not show.
  enum Answer: Sendable { case grantRefused, connectionNotFound, flowNotFound }

  var reason: Reason
  var grant: Grant
  var answer: Answer = .grantRefused
  /// Added to the answer.
  var facts: [String: [String]] = [:]
}

extension GrantMismatch: ServiceErrorConvertible {
  var serviceError: ServiceError {
    var error = plainError
    error.facts.merge(facts) { _, added in added }
    return error
  }

  private var plainError: ServiceError {
    switch answer {
    case .grantRefused:
      ServiceError(.grantRefused, "The grant does not cover this. Ask for a grant that names exactly what is wanted.")
    case .connectionNotFound: .connectionNotFound
    case .flowNotFound: .flowNotFound
    }
  }
}

extension ServiceError {
  /// The same answer for a Connection that does not exist, is revoked, or is somebody else's.
  static let connectionNotFound = ServiceError(
    .connectionNotFound, "There is no such Connection here. It may have been revoked; connect the account again.")

  /// The same answer for a flow that does not exist and for somebody else's.
  static let flowNotFound = ServiceError(.flowNotFound, "There is no such flow. Begin a new one.")
}
