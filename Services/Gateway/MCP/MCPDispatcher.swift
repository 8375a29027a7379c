import MCP
import Model
import ServiceKit

/// Answers one message by its method. What is not named here does not exist here: nothing passes through by default.
struct MCPDispatcher: Sendable {
  private static let server = Implementation(name: "lanyard", version: LanyardVersion.current, title: "Lanyard")

  let sessions: MCPSessions
  let tools: MCPTools
  let calls: MCPRecordedCalls
  let listening: MCPListening
  let questions: MCPQuestions
  let underWay: MCPCallsUnderWay

  func answer(_ call: MCPCall) async throws -> MCPAnswer {
    guard let method = call.message.method, call.message.isRequest else { return take(call) }
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
    case ("tools/call", _): return underWay.cancellable(try await calls.call(call), call)
    case ("subscriptions/listen", .modern): return try await listening.answer(call)
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

  /// What asks for nothing: a call taken back, or the answer to a question.
  private func take(_ call: MCPCall) -> MCPAnswer {
    guard let session = call.session else { return .accepted }
    if call.message.isResponse {
      questions.take(call.message, of: session)
    } else if call.message.method == "notifications/cancelled" {
      underWay.cancel(call.message, of: session)
    }
    return .accepted
  }
}
