/// One trip to the provider within a flow: everything that the callback is held against. Stored sealed, consumed once.
///
/// Pressing "Continue" twice makes a second one that replaces the first (RFC 9700 section 4.7: one state, one browser, one use).
public struct FlowTransaction: Codable, Sendable {
  /// SHA-256 of `state`, lower-case hexadecimal: the state itself is stored nowhere.
  public var stateHash: String
  /// SHA-256 of the browser's `__Host-` cookie, lower-case hexadecimal.
  public var browserHash: String
  /// RFC 7636; absent for a provider to which no PKCE is sent.
  public var codeVerifier: WireSecret?
  /// OpenID Connect; absent without `openid`.
  public var nonce: WireSecret?
  /// The issuer that the response must come from, compared as it stands (RFC 9207); absent where the provider has none.
  public var expectedIssuer: String?
  public var redirectUri: String
  public var requestedScopes: [String]
  /// What was asked for (RFC 8707), to be named again in the exchange.
  public var resource: String?

  public init(
    stateHash: String, browserHash: String, codeVerifier: WireSecret?, nonce: WireSecret?, expectedIssuer: String?,
    redirectUri: String, requestedScopes: [String], resource: String? = nil
  ) {
    self.stateHash = stateHash
    self.browserHash = browserHash
    self.codeVerifier = codeVerifier
    self.nonce = nonce
    self.expectedIssuer = expectedIssuer
    self.redirectUri = redirectUri
    self.requestedScopes = requestedScopes
    self.resource = resource
  }
}

/// Stores a transaction with its flow.
public struct BeginAuthorization: Codable, Sendable {
  public var flowId: FlowID
  public var transaction: FlowTransaction

  public init(flowId: FlowID, transaction: FlowTransaction) {
    self.flowId = flowId
    self.transaction = transaction
  }
}

/// Consumes a transaction by what the browser brought back.
public struct ClaimAuthorization: Codable, Sendable {
  public var stateHash: String
  public var browserHash: String
  /// Who is signed in in that browser; absent where nobody is.
  public var person: FlowPerson?

  public init(stateHash: String, browserHash: String, person: FlowPerson? = nil) {
    self.stateHash = stateHash
    self.browserHash = browserHash
    self.person = person
  }
}

/// What the exchanger needs to finish: the consumed transaction and the Integration's secret.
public struct ReleasedAuthorization: Codable, Sendable {
  public var transaction: FlowTransaction
  /// Absent for a public client.
  public var clientSecret: WireSecret?
  /// Absent where there is no client secret, and from an older vault.
  public var secretVersions: ClientSecretVersions?

  public init(
    transaction: FlowTransaction, clientSecret: WireSecret?, secretVersions: ClientSecretVersions? = nil
  ) {
    self.transaction = transaction
    self.clientSecret = clientSecret
    self.secretVersions = secretVersions
  }
}

/// Ends a flow with a Connection.
public struct CompleteFlow: Codable, Sendable {
  public var flowId: FlowID
  public var tokens: TokenSet
  public var account: ProviderAccount
  /// What the provider said of the client's secrets; absent where it has none.
  public var secrets: ClientSecretVerdict?

  public init(flowId: FlowID, tokens: TokenSet, account: ProviderAccount, secrets: ClientSecretVerdict? = nil) {
    self.flowId = flowId
    self.tokens = tokens
    self.account = account
    self.secrets = secrets
  }
}

/// Ends a flow without one.
public struct FailFlow: Codable, Sendable {
  public var flowId: FlowID
  public var failure: FlowStatus.Failure

  public init(flowId: FlowID, failure: FlowStatus.Failure) {
    self.flowId = flowId
    self.failure = failure
  }
}
