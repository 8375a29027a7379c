import Hummingbird
import MCP
import Model
import ServiceKit

/// One message of an MCP client, with everything that is known about who sent it.
struct MCPCall: Sendable {
  /// Which address was called.
  enum Endpoint: Sendable, Hashable {
    /// `/mcp/{id}`
    case server(MCPServerID)
    /// `/mcp`: every server that the caller may use, joined.
    case all
  }

  let message: MCPMessage
  let client: MCPClient
  let identity: CallerIdentity
  let endpoint: Endpoint
  /// The values of a request header, for what must agree with the body.
  var header: @Sendable (String) -> [String]
  /// Names the request in logs and in the audit trail.
  let requestId: String
  /// What becomes of it, for a tool call.
  var record: CallRecord?

  /// The request's id; nil for a notification.
  var id: MessageIdentifier? { message.id }

  /// The same call by a client that takes one JSON text.
  var asText: MCPCall {
    var call = self
    call.header = { [header] name in name == "Accept" ? ["application/json"] : header(name) }
    return call
  }

  /// The session of a legacy client.
  var session: String? { client.era == .legacy ? header(HeaderName.sessionId).first : nil }

  /// Whether the person can be asked to fill in a form while the call is under way: a legacy client hears it among events.
  var showsForms: Bool {
    client.showsForms && (client.era == .modern || session != nil && MCPStream.Form(for: self) == .events)
  }

  /// Whether the client wants the server's log. Legacy clients ask with a method that is not served here.
  var wantsLog: Bool { client.era == .modern && message.text(MetaName.logLevel, in: .requestMeta) != nil }

  /// A result of our own.
  func answer(_ result: JSONText) -> MCPAnswer {
    guard let id else { return .accepted }
    return .message(OutgoingMessage.response(to: id, result))
  }
}

/// What goes back to the client.
enum MCPAnswer: Sendable {
  /// A notification was taken.
  case accepted
  /// One JSON message, with its HTTP status and, for a new session, its id; the seconds after which a call that was turned away is worth
  /// trying again.
  case message([UInt8], status: Int = 200, sessionId: String? = nil, retryAfter: Int? = nil)
  /// A body that is written while it comes in.
  case stream(MCPStream)
}

/// A body that passes through.
struct MCPStream: Sendable {
  enum Form: Sendable {
    case json, events

    /// Events for a client that wants to hear of the call while it is under way. Any other gets one JSON text: some take no event above a
    /// size of their own, whatever the server sends.
    init(for call: MCPCall) {
      let accepted = AcceptedTypes(call.header("Accept"))
      let mayBeAsked = call.client.showsForms && call.session != nil
      let wantsEvents = call.message.progressToken != nil || call.wantsLog || mayBeAsked
      self = accepted.events && (wantsEvents || !accepted.json) ? .events : .json
    }
  }

  let form: Form
  /// Makes the body, piece by piece; each is taken before the next one is made. Cancelled when the client has gone.
  let make: @Sendable (_ send: @escaping @Sendable ([UInt8]) async -> Void) async throws -> Void
}
