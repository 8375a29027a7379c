/// What went wrong on the way.
public enum EgressFailure: String, Hashable, Sendable {
  /// The name has no address, or the resolver did not answer in time.
  case resolve
  case connect
  /// The certificate, or the handshake.
  case tls
  /// One of the deadlines.
  case timeout
  /// The connection ended early.
  case reset
  /// An answer that is no HTTP.
  case invalidResponse
  /// Too many destinations at once.
  case overloaded
  case cancelled
  case shutdown
}

/// How a request failed, by what the caller may conclude from it.
public enum EgressError: Error, Hashable, Sendable {
  /// Never sent, and never will be: the destination is not allowed.
  case refused(EgressRefusal)
  /// Failed before the request was out in full: the other side cannot have acted on it.
  case notSent(EgressFailure)
  /// The request was out: whether the other side acted on it is unknown.
  case outcomeUnknown(EgressFailure)
  /// Answered, with a body above the limit, in bytes.
  case tooLarge(limit: Int)

  /// What people of an organization read: the same in every case, so that nobody can explore a network by it.
  public static let tenantMessage =
    "The address could not be reached, or may not be used. Check it, or ask the operator of this installation."

  /// A word for metrics and logs.
  public var outcome: String {
    switch self {
    case .refused: "refused"
    case .notSent(let failure): "not_sent_\(failure.rawValue)"
    case .outcomeUnknown(let failure): "unknown_\(failure.rawValue)"
    case .tooLarge: "too_large"
    }
  }
}
