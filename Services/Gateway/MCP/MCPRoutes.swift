import HTTPTypes
import Hummingbird
import MCP
import Model
import NIOCore
import ServiceKit

/// `POST /mcp/{id}` and `POST /mcp`: the Model Context Protocol over Streamable HTTP, both eras at one address.
struct MCPRoutes: Sendable {
  let authenticator: MCPAuthenticator
  let origins: HostOrigins
  let sessions: MCPSessions
  let dispatcher: MCPDispatcher

  func add(to router: ServiceRouter) {
    router.post("/mcp", use: answer)
    router.post("/mcp/{id}", use: answer)
    // No stream of the server's own and nothing that could be ended: what sessions agree on is in their ids.
    for path: RouterPath in ["/mcp", "/mcp/{id}"] {
      router.get(path, use: refuse)
      router.delete(path, use: refuse)
    }
  }

  @Sendable private func refuse(_ request: Request, _ context: AppRequestContext) async throws -> Response {
    Response(status: .methodNotAllowed, headers: [.allow: "POST"])
  }

  @Sendable private func answer(_ request: Request, _ context: AppRequestContext) async throws -> Response {
    try origins.requireKnownPage(behind: request)
    let target = try ClientTokenTarget(path: context)
    var identity: CallerIdentity
    do {
      identity = try await authenticator.identify(request, context, at: target)
    } catch let error as ServiceError where error.code == .unauthenticated {
      return authenticator.challenge(error, request, context, at: target)
    }
    identity.application = try ActingApplication(request.headers)
    let caller = identity
    let endpoint = target.mcpServerId.map(MCPCall.Endpoint.server) ?? .all
    let bytes = Array(try await request.collectBody(context))
    let header: @Sendable (String) -> [String] = { name in
      HTTPField.Name(name).map { request.headers[values: $0] } ?? []
    }
    @Sendable func call(_ message: MCPMessage, _ client: MCPClient) -> MCPCall {
      MCPCall(
        message: message, client: client, identity: caller, endpoint: endpoint, header: header,
        requestId: context.requestId)
    }
    let message: MCPMessage
    do {
      switch try MCPPayload(bytes, allowsBatch: true) {
      case .batch(let messages): return render(await answer(messages, request, caller, call), request)
      case .message(let one): message = one
      }
    } catch {
      return render(failure(RPCError(error), to: error.id, era: .legacy), request)
    }
    do {
      return render(try await answer(call(message, try client(of: message, request, caller))), request)
    } catch let error as RPCError {
      return render(failure(error, to: message.id, era: era(of: message, request)), request)
    }
  }

  private func answer(
    _ messages: [MCPMessage], _ request: Request, _ identity: CallerIdentity,
    _ call: @escaping @Sendable (MCPMessage, MCPClient) -> MCPCall
  ) async -> MCPAnswer {
    do {
      let client = try client(of: messages[0], request, identity)
      return try await MCPBatch(messages, from: client).answer { message in
        try await answer(call(message, client).asText)
      }
    } catch {
      return failure(error as? RPCError ?? RPCError(.internalError, "The batch failed."), to: nil, era: .legacy)
    }
  }

  private func answer(_ call: MCPCall) async throws -> MCPAnswer {
    do {
      return try await dispatcher.answer(call)
    } catch let error as RPCError {
      return failure(error, to: call.id, era: call.client.era)
    } catch let error as MCPTurnedAway {
      let (error, id) = (error.error, call.id)
      let body = RPCError(.internalError, error.detail).response(to: id, era: call.client.era)
      return .message(body, status: error.code.status, retryAfter: error.retryAfter)
    } catch let error as any ServiceErrorConvertible {
      // What came in as JSON-RPC is answered as such, also when something behind us is down.
      let error = error.serviceError
      let code: RPCErrorCode = error.code.status < 500 ? .invalidParams : .internalError
      return failure(RPCError(code, error.detail, isAboutRequest: false), to: call.id, era: call.client.era)
    }
  }

  private func era(of message: MCPMessage, _ request: Request) -> Era {
    Era.of(message, versionHeader: request.headers[.mcpProtocolVersion])
  }

  /// What the client speaks: said in the request itself, agreed on in its session, or asked for right now.
  private func client(
    of message: MCPMessage, _ request: Request, _ identity: CallerIdentity
  ) throws -> MCPClient {
    switch era(of: message, request) {
    case .modern: return try modernClient(message)
    case .legacy where message.method == "initialize":
      let asked = try InitializeRequest(message)
      return MCPClient(
        revision: .answer(toInitialize: asked.protocolVersion), elicitation: asked.capabilities.elicitation)
    case .legacy:
      // The header must name a revision that we speak, whatever the session says.
      do {
        _ = try ProtocolRevision.ofLegacyRequest(header: request.headers[.mcpProtocolVersion])
      } catch {
        throw RPCError(error)
      }
      guard let session = request.headers[.mcpSessionId] else {
        throw RPCError(.invalidRequest, "Initialize first: the header Mcp-Session-Id is missing.")
      }
      guard let client = sessions.client(of: session, for: identity.caller) else {
        throw RPCError(.sessionNotFound, "The session has ended. Initialize again.")
      }
      return client
    }
  }

  private func modernClient(_ message: MCPMessage) throws -> MCPClient {
    guard let version = message.protocolVersion else { throw RPCError.missingMeta(MetaName.protocolVersion) }
    guard let revision = ProtocolRevision(rawValue: version), revision.era == .modern else {
      throw RPCError.unsupportedVersion(version)
    }
    guard let capabilities = message.clientCapabilities else {
      throw RPCError.missingMeta(MetaName.clientCapabilities)
    }
    return MCPClient(revision: revision, elicitation: capabilities.elicitation)
  }

  private func failure(_ error: RPCError, to id: MessageIdentifier?, era: Era) -> MCPAnswer {
    .message(error.response(to: id, era: era), status: error.status(in: era))
  }

  private func render(_ answer: MCPAnswer, _ request: Request) -> Response {
    switch answer {
    case .accepted: return Response(status: .accepted, headers: [.cacheControl: "no-store"])
    case .message(let bytes, let status, let sessionId, let retryAfter):
      var headers: HTTPFields = [.contentType: "application/json", .cacheControl: "no-store"]
      headers[.mcpSessionId] = sessionId
      headers[.retryAfter] = retryAfter.map { String($0) }
      return Response(
        status: .init(code: status), headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    case .stream(let stream):
      var headers: HTTPFields = [.cacheControl: "no-store"]
      headers[.contentType] = stream.form == .events ? "text/event-stream" : "application/json"
      // Proxies that collect a stream would turn progress into silence.
      headers[.accelBuffering] = "no"
      return Response(status: .ok, headers: headers, body: MCPStreamWriter(stream, request).body)
    }
  }
}

extension HTTPField.Name {
  static let mcpProtocolVersion = mcpName(HeaderName.protocolVersion)
  static let mcpSessionId = mcpName(HeaderName.sessionId)
  static let accelBuffering = mcpName("X-Accel-Buffering")

  private static func mcpName(_ text: String) -> HTTPField.Name {
    guard let name = HTTPField.Name(text) else { preconditionFailure("\(text) is not a header name") }
    return name
  }
}
