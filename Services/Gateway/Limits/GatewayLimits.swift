import ServiceKit

/// How often each caller may do what costs others something, per minute and per replica, and how long a call of theirs may take.
struct GatewayLimits: Sendable {
  /// Two hundred a second: many apps open at once that all ask for tokens, and more than a page's mistake in a loop should get.
  static let callsPerUser = 12_000
  /// A thousand a second: the host's own servers and a hundred busy people. What is beyond it takes the machine from the other
  /// organizations.
  static let callsPerOrganization = 60_000
  /// A person connects a handful of accounts in a row; ten times as much is a loop.
  static let flowStartsPerUser = 30
  /// A whole class or team that starts at the same moment.
  static let flowStartsPerOrganization = 300
  /// An office behind one address, connecting together.
  static let callbacksPerAddress = 60
  /// Sessions that ended in a hundred open tabs at once; guessing 256 bits is hopeless at any rate, the database is what is spared.
  static let refusedCredentialsPerAddress = 300
  /// A developer who tries a server out, twice a second.
  static let explicitCallsPerUser = 120
  /// A team that adds the same client together; a registration is a row that ends by itself after a day.
  static let clientRegistrationsPerAddress = 10
  /// Somebody who connects one client after the other, and reloads; each may make us fetch a document.
  static let authorizationsPerUser = 60
  /// Tools may work for minutes, and nothing may hang for ever.
  static let mcpCallSeconds = 600
  /// A thousand a second: a hundred busy agents. What is beyond it takes the machine from the other organizations.
  static let mcpCallsPerOrganization = 60_000
  /// Some seconds of the busiest gateway, while the policy service restarts; about a kilobyte each.
  static let mcpUnrecordedCalls = 10_000
  /// What an operator may choose: up to a few hours of work.
  private static let callRange = 1...14_400
  /// What an operator may choose.
  private static let range = 1...1_000_000
  /// The same for calls, which a machine makes.
  private static let callsRange = 1...100_000_000

  var callsPerUser: Int
  var callsPerOrganization: Int
  var flowStartsPerUser: Int
  var flowStartsPerOrganization: Int
  var callbacksPerAddress: Int
  var refusedCredentialsPerAddress: Int
  var explicitCallsPerUser: Int
  var clientRegistrationsPerAddress: Int
  var authorizationsPerUser: Int
  var mcpCallSeconds: Int
  var mcpCallsPerOrganization: Int
  var mcpUnrecordedCalls: Int

  init(_ settings: Settings) {
    callsPerUser = settings.int(
      "limits.callsPerUser", default: Self.callsPerUser, in: Self.callsRange, unit: "per minute",
      "Calls of the public API that one person may make per minute at this replica; beyond it 429.")
    callsPerOrganization = settings.int(
      "limits.callsPerOrganization", default: Self.callsPerOrganization, in: Self.callsRange, unit: "per minute",
      "Calls of the public API that one organization may make per minute at this replica; beyond it 429.")
    flowStartsPerUser = settings.int(
      "limits.flowStartsPerUser", default: Self.flowStartsPerUser, in: Self.range, unit: "per minute",
      "Flows that one person may begin per minute at this replica; beyond it 429.")
    flowStartsPerOrganization = settings.int(
      "limits.flowStartsPerOrganization", default: Self.flowStartsPerOrganization, in: Self.range, unit: "per minute",
      "Flows that one organization may begin per minute at this replica; beyond it 429.")
    callbacksPerAddress = settings.int(
      "limits.callbacksPerAddress", default: Self.callbacksPerAddress, in: Self.range, unit: "per minute",
      "Returns from providers that one network address may make per minute at this replica; beyond it 429.")
    refusedCredentialsPerAddress = settings.int(
      "limits.refusedCredentialsPerAddress", default: Self.refusedCredentialsPerAddress, in: Self.range,
      unit: "per minute",
      "Calls with an invalid credential that one network address may make per minute at this replica; beyond it 429.")
    explicitCallsPerUser = settings.int(
      "limits.explicitCallsPerUser", default: Self.explicitCallsPerUser, in: Self.range, unit: "per minute",
      "Calls to MCP servers that apps name themselves, per person and minute at this replica; beyond it 429.")
    clientRegistrationsPerAddress = settings.int(
      "limits.clientRegistrationsPerAddress", default: Self.clientRegistrationsPerAddress, in: Self.range,
      unit: "per minute",
      "MCP clients that one network address may register per minute at this replica; beyond it 429.")
    authorizationsPerUser = settings.int(
      "limits.authorizationsPerUser", default: Self.authorizationsPerUser, in: Self.range, unit: "per minute",
      "Requests of MCP clients that one person may look at or answer per minute at this replica; beyond it 429.")
    mcpCallSeconds = settings.int(
      "limits.mcpCallSeconds", default: Self.mcpCallSeconds, in: Self.callRange, unit: "seconds",
      "How long one call of an MCP server's tool may take.")
    mcpCallsPerOrganization = settings.int(
      "limits.mcpCallsPerOrganization", default: Self.mcpCallsPerOrganization, in: Self.callsRange, unit: "per minute",
      "Tool calls that one organization may make per minute at this replica; beyond it 429.")
    mcpUnrecordedCalls = settings.int(
      "limits.mcpUnrecordedCalls", default: Self.mcpUnrecordedCalls, in: Self.range, unit: "calls",
      "Tool calls that are under way or not in the audit trail yet; beyond it calls are refused with 503. One organization may hold as many as are free."
    )
  }
}
