import MCP
import Model
import ServiceKit

/// Asks a member to connect their account, in the way that their client knows.
struct MCPConsent: Sendable {
  /// The key of our question in a modern answer.
  private static let question = "connect"
  /// Seconds that a call waits for a consent whose page the person has just opened, in one round; below what clients wait for an answer.
  private static let waitSeconds = 25

  let peers: PeerClients
  let access: AccessBroker
  let flows: FlowStarter

  /// The answer while no account is connected.
  ///
  /// - Parameter retry: the call once more, after the person has connected.
  func answer(
    _ call: MCPCall, _ server: MCPServerAccess, again connection: Connection?, retry: () async throws -> MCPAnswer
  ) async throws -> MCPAnswer {
    let client = call.client
    if let response = InputResponse.all(in: call.message)[Self.question],
      let text = call.message.requestState, let flow = FlowID(validating: text)
    {
      // Whatever the state says, it is only a flow's name: the vault answers for the caller's own flows alone.
      guard response.action == .accept else {
        return call.answer(ToolResult.failure("The account was not connected: the person declined.", in: client.era))
      }
      if try await ended(flow, call.identity) { return try await retry() }
      return ask(call, server, url: flows.publicURL.connectPage(flow), flow)
    }
    let flow = try await begin(server, again: connection, for: call.identity)
    return ask(call, server, url: flow.url, flow.id)
  }

  /// Begins a flow for the server's own Connections.
  func begin(
    _ server: MCPServerAccess, again connection: Connection?, for identity: CallerIdentity
  ) async throws -> Flow {
    let wish = FlowWish(
      application: ApplicationDescription(id: server.id.rawValue, name: server.name), scopes: server.scopes,
      again: connection)
    return try await flows.start(wish, under: try MCPCredentials.access(server), for: identity)
  }

  private func ask(_ call: MCPCall, _ server: MCPServerAccess, url: String, _ flow: FlowID) -> MCPAnswer {
    let text = "Connect your \(server.integration?.providerName ?? server.name) account to use \(server.name)."
    let elicitation = URLElicitation(message: text, url: url, elicitationId: flow.rawValue)
    guard call.client.opensURLs else {
      return call.answer(ToolResult.failure("\(text) Open this link, then try again:", link: url, in: call.client.era))
    }
    guard call.client.era == .legacy else {
      return call.answer(
        InputRequired(requests: [(Self.question, .url(elicitation))], state: flow.rawValue).result)
    }
    let error = RPCError.urlElicitation(text, [elicitation])
    return .message(error.response(to: call.id, era: .legacy), status: error.status(in: .legacy))
  }

  /// Whether the flow has ended well, waiting for it.
  private func ended(_ flow: FlowID, _ identity: CallerIdentity) async throws -> Bool {
    let grant = try await access.access(identity, purposes: [.watch]).grant
    let query = FlowQuery(id: flow, waitSeconds: Self.waitSeconds)
    return try await peers.call(FlowEndpoints.status, query, grant: grant).status == .completed
  }
}
