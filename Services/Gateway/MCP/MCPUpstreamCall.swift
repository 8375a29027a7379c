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
  /// Where the call waits while its client's person is asked; nil for clients that are asked another way.
  var parked: MCPParkedCall?
  /// What a legacy client's person filled in, for a modern server that asked.
  var filled: Filled?

  /// The members by which a modern request answers.
  struct Filled: Sendable {
    var responses: JSONText
    var state: String?
  }
}

/// How a server answered, as far as the answer was not passed on.
enum MCPUpstreamOutcome: Sendable {
  /// The client has its answer.
  case answered
  /// The server wants the person to fill in forms first.
  case formsAsked(Forms)
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

  /// Forms by the server's own keys, and what it wants back with them.
  struct Forms: Sendable {
    var forms: [(key: String, form: FormElicitation)]
    var state: String?
  }
}
