import MCP
import Model

/// A tool call on its way to a server.
struct MCPUpstreamCall: Sendable {
  let call: MCPCall
  let server: MCPServerAccess
  /// The tool by the server's own name.
  let tool: String
  /// What the tool's schema wants repeated in headers.
  let parameters: [HeaderParameter]
  /// Whether the call may wait for a consent that its person is giving just now; at most once in a call.
  let mayAwaitConsent: Bool
}

/// How a server answered, as far as the answer was not passed on.
enum MCPUpstreamOutcome: Sendable {
  /// The client has its answer.
  case answered
  /// The token was refused: nothing was done.
  case unauthorized
  /// The token does not reach far enough: nothing was done. What the server says is needed, if it does.
  case insufficientScope([String])
  /// The server lets this caller not do it, whatever the token: nothing was done.
  case forbidden
  /// The server has forgotten our session: nothing was done.
  case sessionLost
  /// The server does not take requests of this era, or not any more: nothing was done.
  case otherEra
}
