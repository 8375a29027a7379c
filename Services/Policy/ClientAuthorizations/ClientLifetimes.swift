/// How long what MCP clients hold is good for, in seconds, and how much of it is kept.
enum ClientLifetimes {
  /// A code goes straight from the browser to the client and from there to us (RFC 6749 section 4.1.2 allows ten minutes).
  static let code = 60
  /// A used code is kept for as long as somebody might still show it again; no browser history is searched later than that
  /// for a code that was good for a minute.
  static let usedCode = 86_400
  /// Short, since a client refreshes by itself and a stolen token should not last.
  static let accessToken = 600
  /// Without a refresh for so long, nobody uses the client any more. Each refresh begins it anew.
  static let refreshToken = 2_592_000
  /// What an agent runtime gets: for one run of an agent, and never beyond the session that asked.
  static let runtimeToken = 600
  /// From a registration until its first person agrees: somebody who has to ask their administrator first.
  static let unusedClient = 86_400
  /// Longer than any refresh token that could still name the client.
  static let usedClient = 7_776_000
  /// Registrations that wait for their first person, about 50 MB of them. Beyond it somebody fills the table on purpose: the oldest go, so
  /// that whoever registers to be used at once still can.
  static let waitingClients = 100_000
  /// Rows that are cleared away together with a change, so that cleaning never becomes a long statement.
  static let clearedAtOnce = 100
}
