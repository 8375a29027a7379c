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
}

/// How a server answered, as far as the answer was not passed on.
enum MCPUpstreamOutcome: Sendable {
  /// The client has its answer.
  case answered
  /// The token was refused: nothing was done.
  case unauthorized
  /// The token does not reach far enough: nothing was done.
  case insufficientScope
  /// The server has forgotten our session: nothing was done.
  case sessionLost
}
