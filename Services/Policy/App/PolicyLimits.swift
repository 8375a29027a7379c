import Model

/// Every bound of the policy service that is not a setting, in one place.
enum PolicyLimits {
  /// Characters of an Integration's or a person's name: what a page can show.
  static let nameLength = 200
  /// Characters of a client id; the longest seen at providers are below 300.
  static let clientIdLength = 2_048
  /// Bytes of a client secret. Some providers use a signed token of a few kilobytes as the secret.
  static let clientSecretBytes = 8_192
  /// Scopes in one list; the largest provider publishes a few hundred, nobody asks for more than a few dozen at once.
  static let scopeCount = 200
  /// Characters of one scope.
  static let scopeLength = 512
  /// Variables of a provider, or extra parameters of a custom one, in one request.
  static let variableCount = 16
  /// Characters of a host platform's id for a person.
  static let externalIdLength = 256
  /// Characters of an address (RFC 5321: 64 + 1 + 255).
  static let emailLength = 320
  /// Groups of one person.
  static let groupCount = 100
  /// Characters of an Application's or a Charm's id.
  static let applicationIdLength = 256
  /// Different `appId`s that are remembered per Application; more would be noise made by a confused one.
  static let appIdCount = 32
  /// Seconds for which an Application's last-seen time may lag: a write per request would buy nothing.
  static let lastSeenLagSeconds = 60
  /// Characters of an organization's name.
  static let organizationNameLength = 200
  /// Changes in one answer of the feed.
  static let changePage = 500
  /// Seconds that a poll of the feed waits at most; below the callers' timeout of 35.
  static let changeWaitSeconds = 25
  /// Seconds that changes are kept: far longer than a reader stays away without dropping its cache.
  static let changeRetentionSeconds = 3_600
  /// Ended sessions that a new session of the same organization clears away, so that cleaning never becomes a long
  /// statement.
  static let sessionsClearedAtOnce = 100
  /// Seconds that an ended or expired session's row is kept for questions.
  static let endedSessionRetentionSeconds = 86_400
  /// MCP servers of an organization: an answer about all of them must fit into one, and no agent works with more.
  static let mcpServerCount = 100
  /// Bytes of the address by which an MCP client names itself: what fits into an index together with a redirect URI.
  static let clientAddressBytes = 1_024
  /// Characters of an MCP server's description: what an agent's list can show.
  static let descriptionLength = 2_000
  /// Tools of an MCP server that are kept, and names in one list. The gateway stops there too when it fetches them.
  static let toolCount = StoreTools.maximumCount
  /// Bytes of all definitions of a server.
  static let catalogueBytes = StoreTools.maximumBytes
  /// Characters of an authorization server's or a resource's name, which are URLs.
  static let issuerLength = 2_048
  /// Bytes of a static token: what servers accept in a header.
  static let staticTokenBytes = 4_096
  /// Characters of a header's name, and of the word before a token.
  static let headerNameLength = 64
}
