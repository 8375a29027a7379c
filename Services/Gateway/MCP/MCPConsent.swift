import MCP
import Model
import ServiceKit

/// Asks a member to connect their account, in the way that their client knows.
struct MCPConsent: Sendable {
  /// The key of our question in a modern answer.
  private static let question = "connect"
  /// Seconds that a call waits for a consent whose page the person has just opened, in one round; below what clients wait for an answer.
  private static let waitSeconds = 25

  /// Calls of one person that wait at once: each holds a connection to the vault.
  private static let maximumWaiting = 8

  /// What a flow is to bring.
  struct Wish: Sendable {
    /// The Connection that is to be authorized again.
    var again: Connection?
    /// What the server says is needed besides the usual scopes.
    var scopes: [String] = []
  }

  enum Outcome: Sendable {
    /// What the client is told.
    case answer([UInt8])
    /// The person has just connected: the call can go on.
    case connected
  }

  let peers: PeerClients
  let access: AccessBroker
  let flows: FlowStarter
  private let waiting = ConcurrencyLimiter<UserID>(maximum: maximumWaiting)

  init(peers: PeerClients, access: AccessBroker, flows: FlowStarter) {
    self.peers = peers
    self.access = access
    self.flows = flows
  }

  /// What happens to a call while no account is connected.
  ///
  /// - Parameter mayAwait: whether a consent that the client says is being given is waited for.
  func answer(
    _ call: MCPCall, _ server: MCPServerAccess, _ wish: Wish, mayAwait: Bool
  ) async throws -> Outcome {
    guard let id = call.id else { throw RPCError(.invalidRequest, "A tool call has an id.") }
    if mayAwait, let (flow, action) = Self.response(in: call.message) {
      guard action == .accept else {
        let text = "The account was not connected: the person declined."
        return .answer(OutgoingMessage.response(to: id, ToolResult.failure(text, in: call.client.era)))
      }
      switch try await status(of: flow, call.identity) {
      case .completed: return .connected
      case .pending: return .answer(try ask(call, id, server, url: flows.publicURL.connectPage(flow), flow))
      // It has ended, or never was one of theirs: begin anew.
      case .failed, nil: break
      }
    }
    let flow = try await begin(server, wish, for: call.identity)
    return .answer(try ask(call, id, server, url: flow.url, flow.id, flow))
  }

  /// Whether a request carries the answer to our question, and not to one of the server's.
  static func isAnswered(by message: MCPMessage) -> Bool { response(in: message) != nil }

  /// The state is only a flow's name, whatever the client made of it: the vault answers for the caller's own flows alone.
  private static func response(in message: MCPMessage) -> (FlowID, InputResponse.Action)? {
    guard let flow = message.requestState.flatMap({ FlowID(validating: $0) }),
      let response = InputResponse.all(in: message)[question]
    else { return nil }
    return (flow, response.action)
  }

  /// Begins a flow for the Connections of the Application that acts, or for the server's own.
  func begin(_ server: MCPServerAccess, _ wish: Wish, for identity: CallerIdentity) async throws -> Flow {
    let wish = FlowWish(
      application: identity.application?.description
        ?? ApplicationDescription(id: server.id.rawValue, name: server.name),
      scopes: server.scopes + wish.scopes, again: wish.again, mcpServerId: server.id)
    return try await flows.start(wish, under: try MCPCredentials.access(server), for: identity)
  }

  /// - Parameter whole: the flow, for a page that shows a dialog of its own; it follows no links.
  private func ask(
    _ call: MCPCall, _ id: MessageIdentifier, _ server: MCPServerAccess, url: String, _ flow: FlowID,
    _ whole: Flow? = nil
  ) throws -> [UInt8] {
    let text = "Connect your \(server.integration?.providerName ?? server.name) account to use \(server.name)."
    let elicitation = URLElicitation(message: text, url: url, elicitationId: flow.rawValue)
    let isForPage = call.identity.application != nil && call.client.era == .modern
    guard call.client.opensURLs || isForPage else {
      let result = ToolResult.failure("\(text) Open this link, then try again:", link: url, in: call.client.era)
      return OutgoingMessage.response(to: id, result)
    }
    switch call.client.era {
    case .modern:
      let meta = isForPage ? try whole.map { try LanyardMeta.flow($0) } : nil
      return OutgoingMessage.response(
        to: id, InputRequired(requests: [(Self.question, .url(elicitation))], state: flow.rawValue, meta: meta).result)
    case .legacy: return RPCError.urlElicitation(text, [elicitation]).response(to: id, era: .legacy)
    }
  }

  /// What has become of a flow, waited for; nil where the caller has none of this name.
  private func status(of flow: FlowID, _ identity: CallerIdentity) async throws -> FlowStatus.Status? {
    guard let user = identity.caller.user else { return nil }
    let grant = try await access.access(identity, purposes: [.watch]).grant
    let query = FlowQuery(id: flow, waitSeconds: Self.waitSeconds)
    do {
      return try await waiting.run(user.id) {
        try await peers.call(FlowEndpoints.status, query, grant: grant).status
      }
    } catch let error as ServiceError where error.code == .flowNotFound || error.code == .notFound {
      return nil
    }
  }
}
