import MCP

/// One message of the modern era (revision 2026-07-28): everything about the caller is in the request.
struct ModernExchange: Sendable {
  let server: MCPServer
  let headers: MCPRequestHeaders
  let caller: MCPCaller

  func answer(_ message: MCPMessage) async throws -> MCPAnswer {
    switch message.kind {
    case .response, .errorResponse:
      throw refusal(RPCError(.invalidRequest, "A client sends requests and notifications, no responses."), nil)
    case .notification:
      try checkHeaders(message)
      return .accepted
    case .request(let id, let method):
      let revision = try check(message, id)
      return try await dispatch(message, id, method, revision)
    }
  }

  private func dispatch(
    _ message: MCPMessage, _ id: MessageIdentifier, _ method: String, _ revision: ProtocolRevision
  ) async throws -> MCPAnswer {
    switch method {
    case "server/discover": return .result(Self.discovery.result, to: id)
    case "tools/list": return try list(message, id)
    case "tools/call":
      let call = ToolCall(
        message: message, id: id, revision: revision, caller: caller, session: nil,
        capabilities: message.clientCapabilities ?? ClientCapabilities())
      return try await ToolBox(server: server).answer(call)
    case "subscriptions/listen": return try listen(message, id)
    default: throw refusal(.methodNotFound(method), id)
    }
  }

  private static let discovery = DiscoverResult(
    supportedVersions: Era.modern.revisions.map(\.rawValue), capabilities: MCPServer.capabilities,
    server: MCPServer.implementation, instructions: MCPServer.instructions)

  private func list(_ message: MCPMessage, _ id: MessageIdentifier) throws(MCPRefusal) -> MCPAnswer {
    guard let page = server.catalogue.page(message.cursor) else {
      throw refusal(.unknown("The cursor is not known."), id)
    }
    return .result(page.result(in: .modern), to: id)
  }

  private func listen(_ message: MCPMessage, _ id: MessageIdentifier) throws(MCPRefusal) -> MCPAnswer {
    let wanted: SubscriptionFilter
    do {
      wanted = try SubscriptionFilter(message)
    } catch {
      throw refusal(error, id)
    }
    // Of all that can be asked for, only the list of tools exists here.
    let told = SubscriptionFilter(toolsListChanged: wanted.toolsListChanged)
    guard let changes = server.catalogue.subscribe() else {
      throw refusal(RPCError(.internalError, "Too many subscriptions are open."), id)
    }
    return .events { sink in
      try await SubscriptionStream(subscription: Subscription(id: id), filter: told, changes: changes).run(&sink)
    }
  }

  /// What every modern request must have, in the order in which clients can mend it.
  private func check(_ message: MCPMessage, _ id: MessageIdentifier) throws(MCPRefusal) -> ProtocolRevision {
    guard let version = message.protocolVersion else { throw refusal(.missingMeta(MetaName.protocolVersion), id) }
    guard message.text(MetaName.clientCapabilities, in: .requestMeta)?.isObject == true else {
      throw refusal(.missingMeta(MetaName.clientCapabilities), id)
    }
    try checkHeaders(message)
    guard let revision = ProtocolRevision(rawValue: version), Era.modern.revisions.contains(revision) else {
      throw refusal(.unsupportedVersion(version, supported: Era.modern.revisions), id)
    }
    return revision
  }

  private func checkHeaders(_ message: MCPMessage) throws(MCPRefusal) {
    let parameters = message.method == "tools/call" ? server.catalogue.headerParameters(of: message.name) : []
    do {
      try MirroredHeaders.check(message, parameters: parameters) { headers.values($0) }
    } catch {
      throw refusal(.headerMismatch(error), message.id)
    }
  }

  private func refusal(_ error: RPCError, _ id: MessageIdentifier?) -> MCPRefusal {
    .rpc(error, id: id, era: .modern)
  }
}
