import MCP

/// Messages of the legacy era: a handshake, then requests within a session.
struct LegacyExchange: Sendable {
  let server: MCPServer
  let headers: MCPRequestHeaders
  let caller: MCPCaller
  let session: MCPSession?

  func reply(_ message: MCPMessage) async throws -> MCPReply {
    if case .request(let id, "initialize") = message.kind { return try initialize(message, id) }
    return MCPReply(try await answer(message, in: try checkedSession(), isAlone: true), era: .legacy)
  }

  /// A batch is answered as a whole: with the answers of its requests, or with nothing if it has none.
  func reply(_ messages: [MCPMessage]) async throws -> MCPReply {
    let session = try checkedSession()
    var answers: [[UInt8]] = []
    for message in messages {
      guard message.method != "initialize" else {
        throw refusal(RPCError(.invalidRequest, "initialize stands alone."), message.id)
      }
      var answer: MCPAnswer
      do {
        answer = try await self.answer(message, in: session, isAlone: false)
      } catch MCPRefusal.rpc(let error, let id, _) {
        answer = .message(error.response(to: id, era: .legacy))
      }
      while case .later(let work) = answer { answer = try await work() }
      if case .message(let bytes, _) = answer { answers.append(bytes) }
    }
    return MCPReply(answers.isEmpty ? .accepted : .message(MCPPayload.batch(of: answers)), era: .legacy)
  }

  private func initialize(_ message: MCPMessage, _ id: MessageIdentifier) throws(MCPRefusal) -> MCPReply {
    let request: InitializeRequest
    do {
      request = try InitializeRequest(message)
    } catch {
      throw refusal(error, id)
    }
    let revision = ProtocolRevision.answer(toInitialize: request.protocolVersion)
    let session = server.sessions.begin(
      caller, revision: revision, capabilities: request.capabilities, toolsVersion: server.catalogue.version)
    let result = InitializeResult(
      protocolVersion: revision.rawValue, capabilities: MCPServer.capabilities, server: MCPServer.implementation,
      instructions: MCPServer.instructions)
    return MCPReply(.result(result.result, to: id), era: .legacy, newSession: session.id)
  }

  /// The session of the request, and whether its version header fits.
  private func checkedSession() throws(MCPRefusal) -> MCPSession {
    guard headers.sessionID != nil else {
      throw refusal(RPCError(.invalidRequest, "The header Mcp-Session-Id is missing."), nil)
    }
    guard let session else { throw .noSession }
    guard let header = headers.protocolVersion else { return session }
    do {
      _ = try ProtocolRevision.ofLegacyRequest(header: header)
    } catch {
      throw refusal(RPCError(error), nil)
    }
    return session
  }

  /// - Parameter isAlone: Whether the message is a body of its own, so that its answer may be a stream.
  private func answer(_ message: MCPMessage, in session: MCPSession, isAlone: Bool) async throws -> MCPAnswer {
    switch message.kind {
    case .notification(let method):
      if method == "notifications/cancelled", let id = message.cancelledRequest { session.cancel(id) }
      return .accepted
    case .response(let id):
      session.take(message, answering: id)
      return .accepted
    case .errorResponse(let id):
      if let id { session.take(message, answering: id) }
      return .accepted
    case .request(let id, let method):
      return try await dispatch(message, id, method, session, isAlone: isAlone)
    }
  }

  private func dispatch(
    _ message: MCPMessage, _ id: MessageIdentifier, _ method: String, _ session: MCPSession, isAlone: Bool
  ) async throws -> MCPAnswer {
    switch method {
    case "ping": return .result(.emptyObject, to: id)
    case "tools/list":
      guard let page = server.catalogue.page(message.cursor) else {
        throw refusal(.unknown("The cursor is not known."), id)
      }
      session.saw(toolsVersion: server.catalogue.version)
      return .result(page.result(in: .legacy), to: id)
    case "tools/call":
      let call = ToolCall(
        message: message, id: id, revision: session.revision, caller: caller, session: session,
        capabilities: session.capabilities, mayStream: isAlone)
      return try await ToolBox(server: server).answer(call)
    default: throw refusal(.methodNotFound(method), id)
    }
  }

  private func refusal(_ error: RPCError, _ id: MessageIdentifier?) -> MCPRefusal {
    .rpc(error, id: id, era: .legacy)
  }
}
