import Model

/// A consent that has come back with tokens, on its way to become a Connection.
struct Consent: Sendable {
  let flow: FlowRecord
  let tokens: TokenSet
  let account: ProviderAccount

  init(flow: FlowRecord, request: CompleteFlow) {
    self.flow = flow
    tokens = request.tokens
    account = request.account
  }

  /// What was granted; where the answer does not say, what was asked for counts (RFC 6749 section 5.1).
  var scopes: [String] { tokens.scopes ?? flow.requestedScopes ?? flow.facts.request.scopes }

  /// Why this consent must not be stored over the Connection that was found for it; nil when it may.
  func refusal(of found: ConnectionRecord?) -> FlowStatus.Failure? {
    guard flow.facts.request.connectionId != nil else { return nil }
    guard let found else { return .revokedMeanwhile }
    // A made-up id is another one every time and says nothing about the account.
    if account.isGenerated == true { return nil }
    return found.connection.providerAccountId == account.id
      ? nil : .wrongAccount(expected: found.connection.displayIdentifier)
  }
}

/// A token record ready to be stored.
struct SealedTokens: Sendable {
  var sealed: [UInt8]
  var generation: Int64
  var hasRefreshToken: Bool
}
