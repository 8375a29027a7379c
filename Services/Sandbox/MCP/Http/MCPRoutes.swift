import HTTPTypes
import Hummingbird
import Logging
import MCP
import NIOCore

/// The MCP endpoint behind its three doors: HTTP in, messages to the server, HTTP out.
struct MCPRoutes: Sendable {
  let access: MCPAccess
  let server: MCPServer
  let counters: Counters

  func add(to group: RouterGroup<SandboxContext>) {
    for door in MCPDoor.allCases {
      let path = RouterPath(door.path)
      group.post(path) { request, context in await answer(request, context) { try await post(request, door) } }
      group.delete(path) { request, context in await answer(request, context) { try end(request, door) } }
      group.get(path) { _, _ in Self.noStream }
    }
  }

  /// Neither era needs a stream that belongs to no request: the modern one has none, and in the legacy one it is optional.
  private static var noStream: Response { Response(status: .methodNotAllowed, headers: [.allow: "POST, DELETE"]) }

  /// Turns refusals into answers and counts what became of the request.
  private func answer(
    _ request: Request, _ context: SandboxContext, _ work: () async throws -> Response
  ) async -> Response {
    do {
      let response = try await work()
      counters.count(.processed, at: .mcp, grantType: nil)
      return response
    } catch let refusal as MCPRefusal {
      counters.count(.refused, at: .mcp, grantType: nil)
      return refusal.response()
    } catch is CancellationError {
      // Whoever asked has gone, or asked to stop: nothing is left to say.
      return .events(.init())
    } catch {
      context.logger.error("unexpected error", metadata: ["errorType": "\(type(of: error))"])
      return MCPRefusal.rpc(RPCError(.internalError, "Something went wrong."), id: nil, era: .legacy).response()
    }
  }

  private func post(_ request: Request, _ door: MCPDoor) async throws -> Response {
    guard origin(of: request) else { throw MCPRefusal.foreignOrigin }
    let caller = try access.caller(at: door, request)
    guard request.headers[.contentType]?.lowercased().hasPrefix("application/json") == true else {
      throw MCPRefusal.notJSON
    }
    guard Self.takesBoth(request.headers[.accept]) else { throw MCPRefusal.notAcceptable }
    let body = try await request.body.collect(upTo: Limits.mcpBodyBytes)
    let headers = MCPRequestHeaders(request.headers)
    return try await response(
      to: request, try await server.answer([UInt8](body.readableBytesView), headers, from: caller))
  }

  private func end(_ request: Request, _ door: MCPDoor) throws -> Response {
    let caller = try access.caller(at: door, request)
    guard let id = MCPRequestHeaders(request.headers).sessionID else { return Self.noStream }
    guard server.sessions.end(id, of: caller) else { throw MCPRefusal.noSession }
    return Response(status: .noContent)
  }

  private func response(to request: Request, _ reply: MCPReply) async throws -> Response {
    var response: Response
    switch reply.answer {
    case .accepted: response = Response(status: .accepted)
    case .message(let bytes, let status): response = .mcp(bytes, status: HTTPResponse.Status(code: status))
    case .pieces(let length, let work):
      response = Response(
        status: .ok, headers: [.contentType: "application/json", .cacheControl: "no-store"],
        body: ResponseBody(contentLength: length) { writer in
          var sink = MCPSink(writer)
          try await work(&sink)
          try await writer.finish(nil)
        })
    case .events(let work):
      response = .events(Self.stream(request, reply.era, work))
      Self.endConnection(after: &response, in: reply.era)
    case .later(let work):
      let answer = try await Self.whileWanted(request, reply.era, work)
      response = try await self.response(to: request, MCPReply(answer, era: reply.era))
      Self.endConnection(after: &response, in: reply.era)
    }
    if let id = reply.newSession { response.headers[.mcpSessionID] = id }
    return response
  }

  /// Whoever watches a connection for its end reads from it, so it carries no other request.
  private static func endConnection(after response: inout Response, in era: Era) {
    if era.cancelsOnDisconnect { response.headers[.connection] = "close" }
  }

  private static func stream(
    _ request: Request, _ era: Era, _ work: @escaping @Sendable (inout MCPSink) async throws -> Void
  ) -> ResponseBody {
    ResponseBody { writer in
      var sink = MCPSink(writer)
      if era.cancelsOnDisconnect {
        try await request.body.consumeWithCancellationOnInboundClose { _ in try await work(&sink) }
      } else {
        try await work(&sink)
      }
      try await writer.finish(nil)
    }
  }

  private static func whileWanted(
    _ request: Request, _ era: Era, _ work: @escaping @Sendable () async throws -> MCPAnswer
  ) async throws -> MCPAnswer {
    guard era.cancelsOnDisconnect else { return try await work() }
    return try await request.body.consumeWithCancellationOnInboundClose { _ in try await work() }
  }

  /// A page of another place must not use a server on this machine (DNS rebinding; revision 2026-07-28, transports).
  private func origin(of request: Request) -> Bool {
    guard let origin = request.headers[.origin] else { return true }
    return origin == access.issuer.url || LoopbackOrigin.contains(origin)
  }

  private static func takesBoth(_ accept: String?) -> Bool {
    guard let accept = accept?.lowercased() else { return false }
    return ["application/json", "text/event-stream"].allSatisfy { type in
      accept.contains(type) || accept.contains("*/*")
    }
  }
}

extension Era {
  fileprivate var cancelsOnDisconnect: Bool { self == .modern }
}
