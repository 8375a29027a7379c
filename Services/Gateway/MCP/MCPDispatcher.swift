import MCP
import Model
import ServiceKit

/// Answers one message by its method. What is not named here does not exist here: nothing passes through by default.
struct MCPDispatcher: Sendable {
  private static let server = Implementation(name: "lanyard", version: LanyardVersion.current, title: "Lanyard")

  let sessions: MCPSessions
  let tools: MCPTools
  let calls: MCPRecordedCalls
  let changes: MCPChanges

  func answer(_ call: MCPCall) async throws -> MCPAnswer {
    guard let method = call.message.method, call.message.isRequest else { return .accepted }
    if call.client.era == .modern {
      do {
        try MirroredHeaders.check(call.message, values: call.header)
      } catch {
        throw RPCError.headerMismatch(error)
      }
    }
    switch (method, call.client.era) {
    case ("initialize", .legacy): return try initialize(call)
    case ("ping", .legacy): return call.answer(.emptyObject)
    case ("server/discover", .modern): return call.answer(Self.discovery.result)
    case ("tools/list", _): return call.answer(try await tools.list(call).result(in: call.client.era))
    case ("tools/call", _): return try await calls.call(call)
    case ("subscriptions/listen", .modern): return try listen(call)
    default: throw RPCError.methodNotFound(method)
    }
  }

  private static let capabilities = JSONText.object(["tools": .object(["listChanged": true])])
  private static let discovery = DiscoverResult(
    supportedVersions: ProtocolRevision.supported.map(\.rawValue), capabilities: capabilities, server: server)

  private func initialize(_ call: MCPCall) throws -> MCPAnswer {
    guard let id = call.id else { return .accepted }
    let result = InitializeResult(
      protocolVersion: call.client.revision.rawValue, capabilities: .object(["tools": .emptyObject]),
      server: Self.server)
    return .message(
      OutgoingMessage.response(to: id, result.result),
      sessionId: try sessions.begin(call.client, for: call.identity.caller))
  }

  /// Tells a client when its tools may be others, for as long as it listens.
  private func listen(_ call: MCPCall) throws -> MCPAnswer {
    guard let id = call.id else { return .accepted }
    let wanted = try SubscriptionFilter(call.message)
    // Only tools are served here, so only their changes can be told.
    let given = SubscriptionFilter(toolsListChanged: wanted.toolsListChanged)
    let subscription = Subscription(id: id)
    let organization = call.identity.caller.organizationId
    return .stream(
      MCPStream(form: .events) { [changes] send in
        await send(EventWriter.event(subscription.acknowledged(given)))
        try await changes.follow(organization) { change in
          switch change {
          case .tools where given.toolsListChanged:
            await send(EventWriter.event(subscription.toolsListChanged()))
          case .tools, .nothing: await send(EventWriter.keepAlive)
          }
        }
        await send(EventWriter.event(subscription.end()))
      })
  }
}
