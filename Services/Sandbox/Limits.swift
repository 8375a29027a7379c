/// Every number of the sandbox in one place. What an operator may want to change is a setting as well.
enum Limits {
  /// Bytes of a request body. OAuth requests are a few hundred bytes; registrations and faults a few thousand.
  static let requestBodyBytes = 64 * 1024
  /// Seconds an authorization code may wait. RFC 6749 section 4.1.2 allows ten minutes at most; clients need seconds.
  static let codeSeconds = 60.0
  /// Seconds a used code is remembered, so that its second use revokes what the first one brought.
  static let usedCodeSeconds = 600.0
  /// Seconds a person may take on the account and consent pages.
  static let journeySeconds = 600.0
  /// Seconds a browser stays signed in. One working day of practice.
  static let browserSeconds = 43_200.0
  /// Seconds an ID token is valid. It is read once, right after the code exchange.
  static let idTokenSeconds = 300.0
  /// Access tokens of one family that live side by side; the oldest goes first. Bounds memory under constant refresh.
  static let accessTokensPerFamily = 100
  /// Families (one per finished authorization) in memory: about half a gigabyte at the worst.
  static let families = 1_000_000
  /// Registered clients in memory. Registration is open, so it needs an end.
  static let clients = 10_000
  /// Redirect URIs of one client.
  static let redirectURIsPerClient = 100
  /// Secrets of one client beside its first: a provider has two or three while one is replaced.
  static let otherSecretsPerClient = 8
  /// Codes, journeys and browsers in memory before the stale ones are swept out.
  static let entriesBeforeSweep = 10_000
  /// Codes, journeys and browsers in memory at most, each kind by itself.
  static let entries = 200_000
  /// Consents that are remembered; at the limit people are asked again.
  static let consents = 100_000
  /// Faults that wait at the same time.
  static let faults = 1_000
  /// Times that one fault may be applied.
  static let faultTimes = 1_000_000
  /// Milliseconds a `slow` fault may hold an answer: ten minutes, longer than any sane deadline.
  static let faultDelayMilliseconds = 600_000
  /// Milliseconds of a `slow` fault that names no delay.
  static let defaultFaultDelayMilliseconds = 2_000
  /// Bytes of an `oversize` answer that names no size: above what any client should accept for a token.
  static let defaultOversizeBytes = 16 * 1024 * 1024
  /// Bytes of an `oversize` answer at most.
  static let oversizeBytes = 256 * 1024 * 1024
  /// Seconds of a `tooManyRequests` fault that names none.
  static let defaultRetryAfterSeconds = 1
  /// Seconds an unused connection stays open.
  static let idleConnectionSeconds = 120
  /// Seconds a browser may remember the answer to a preflight: two hours, the most that Chromium keeps one.
  static let preflightSeconds = 7_200
  /// Bytes of a body at the MCP server: calls carry documents.
  static let mcpBodyBytes = 4 * 1024 * 1024
  /// Seconds between the comments that keep a quiet stream alive: less than the idle limits of common proxies.
  static let mcpKeepAliveSeconds = 15
  /// Legacy MCP sessions in memory.
  static let mcpSessions = 10_000
  /// Tools of one page, few enough that a client has to turn pages once some were added.
  static let mcpToolsPerPage = 50
  /// Tools that may be listed.
  static let mcpTools = 1_000
  /// Streams that hear of changes at the same time.
  static let mcpListeners = 10_000
  /// Progress notifications of one call of `stream`.
  static let mcpProgressSteps = 10_000
  /// Milliseconds between two of them at most.
  static let mcpStepMilliseconds = 60_000
  /// Bytes of an answer of `stream` at most: they are made as they are read, and cost no memory.
  static let mcpContentBytes = 1024 * 1024 * 1024
  /// Milliseconds that `slow` takes at most: ten minutes, longer than any sane deadline.
  static let mcpSlowMilliseconds = 600_000
  /// Questions of `elicit` that are remembered.
  static let mcpElicitations = 10_000
  /// Access token lifetime at most: one year, in seconds.
  static let accessTokenSeconds = 31_536_000
  /// Grace for a rotated refresh token at most: one day, in seconds.
  static let refreshGraceSeconds = 86_400
}
