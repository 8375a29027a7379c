import Synchronization

/// How tokens live. Changes at run time apply to what is issued from then on; the grace applies at once.
struct TokenPolicy: Codable, Sendable, Equatable {
  /// Seconds an access token lives.
  var accessTokenSeconds: Int
  /// Seconds after a rotation in which the previous refresh token still gets the same answer.
  var refreshGraceSeconds: Int
  /// Whether each refresh replaces the refresh token. If not, the answer holds none.
  var rotatesRefreshTokens: Bool

  static let standard = TokenPolicy(accessTokenSeconds: 3600, refreshGraceSeconds: 30, rotatesRefreshTokens: true)

  /// What is wrong with the numbers, in words.
  var problems: [String] {
    var problems: [String] = []
    if !(1...Limits.accessTokenSeconds).contains(accessTokenSeconds) {
      problems.append("the access token lifetime must be 1…\(Limits.accessTokenSeconds) seconds")
    }
    if !(0...Limits.refreshGraceSeconds).contains(refreshGraceSeconds) {
      problems.append("the refresh grace must be 0…\(Limits.refreshGraceSeconds) seconds")
    }
    return problems
  }
}

/// The policy in force.
final class LivePolicy: Sendable {
  private let initial: TokenPolicy
  private let policy: Mutex<TokenPolicy>

  init(_ policy: TokenPolicy) {
    self.initial = policy
    self.policy = Mutex(policy)
  }

  var current: TokenPolicy { policy.withLock { $0 } }

  /// Changes some of it and returns the result; refuses numbers out of range.
  func change(_ body: (inout TokenPolicy) -> Void) throws(OAuthError) -> TokenPolicy {
    try policy.withLock { (policy) throws(OAuthError) in
      var changed = policy
      body(&changed)
      guard changed.problems.isEmpty else {
        throw OAuthError(.invalidRequest, changed.problems.joined(separator: "; "))
      }
      policy = changed
      return changed
    }
  }

  func reset() { policy.withLock { $0 = initial } }
}
