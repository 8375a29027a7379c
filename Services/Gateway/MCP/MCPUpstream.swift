import Egress
import Foundation
import HTTPTypes
import Logging
import MCP
import Model
import ServiceKit

/// Carries tool calls to servers of either era and their answers back.
struct MCPUpstream: Sendable {
  /// Seconds for a whole call: tools may work for minutes, and nothing may hang for ever.
  static let callSeconds = 600
  /// Tries of one call: once more after a refused token, once more after a lost session. In neither case was anything done.
  private static let maximumTries = 3
  private static let acceptsEvents = "text/event-stream"

  let wire: MCPWire
  let eras: MCPEras
  let logger: Logger

  /// The answer to the call, written while it comes in.
  func answer(
    _ request: MCPUpstreamCall, with credential: MCPCredential, _ credentials: MCPCredentials, _ consent: MCPConsent
  ) -> MCPAnswer {
    let call = request.call
    let takesEvents = call.header("Accept").contains {
      $0.lowercased().contains(Self.acceptsEvents) || $0.contains("*/*")
    }
    let form: MCPStream.Form = takesEvents ? .events : .json
    return .stream(
      MCPStream(form: form) { send in
        let sink = MCPSink(form, send)
        do {
          try await carry(request, credential, credentials, consent, sink)
        } catch is CancellationError {
          throw CancellationError()
        } catch {
          await fail(request, error, sink)
        }
      })
  }

  private func carry(
    _ request: MCPUpstreamCall, _ first: MCPCredential, _ credentials: MCPCredentials, _ consent: MCPConsent,
    _ sink: MCPSink
  ) async throws {
    let identity = request.call.identity
    var credential = first
    var wasRefreshed = false
    for _ in 0..<Self.maximumTries {
      switch try await attempt(request, credential, sink) {
      case .answered: return
      case .sessionLost: continue
      case .unauthorized:
        guard let connection = credential.connection, !wasRefreshed else {
          return try await ask(request, again: credential.connection, consent, sink)
        }
        wasRefreshed = true
        switch try await credentials.refreshed(connection, for: request.server, identity) {
        case .credential(let fresh): credential = fresh
        case .consent(let again): return try await ask(request, again: again ?? connection, consent, sink)
        case .refused(let reason): return await refuse(request, reason, sink)
        }
      case .insufficientScope: return try await ask(request, again: credential.connection, consent, sink)
      }
    }
    throw MCPEras.Failure.unreachable
  }

  private func attempt(
    _ request: MCPUpstreamCall, _ credential: MCPCredential, _ sink: MCPSink
  ) async throws -> MCPUpstreamOutcome {
    let address = MCPAddress(request.server, credential, request.call.identity.caller)
    let speech: MCPEras.Speech
    do {
      speech = try await eras.speech(with: address, credential)
    } catch MCPEras.Failure.unauthorized {
      return .unauthorized
    }
    let prepared = try prepare(request, speech)
    let outgoing = wire.request(prepared.bytes, to: address, credential, prepared.headers)
    let relay = MCPRelay(prepared.translation, sink)
    let outcome = try await wire.egress.stream(outgoing) { stream in
      var relay = relay
      return try await Self.receive(stream, &relay, hasSession: prepared.hasSession)
    }
    if case .sessionLost = outcome { eras.forget(address) }
    return outcome
  }

  private static func receive(
    _ stream: EgressStream, _ relay: inout MCPRelay, hasSession: Bool
  ) async throws -> MCPUpstreamOutcome {
    switch stream.status.code {
    case 401: return .unauthorized
    case 403:
      let challenge = BearerChallenge(headers: stream.headers[values: .wwwAuthenticate])
      return challenge?.error == BearerChallenge.insufficientScope ? .insufficientScope : .unauthorized
    case 404 where hasSession: return .sessionLost
    case 200..<300 where MCPWire.isEventStream(stream.headers): try await relay.relayEvents(stream)
    // Errors of the protocol come with statuses of their own.
    default: try await relay.relayMessage(stream)
    }
    guard relay.hasAnswered else { throw MCPEras.Failure.unreachable }
    return .answered
  }

  private struct Prepared {
    var bytes: [UInt8]
    var headers: [(name: String, value: String)]
    var translation: MCPTranslation
    var hasSession: Bool
  }

  private func prepare(_ request: MCPUpstreamCall, _ speech: MCPEras.Speech) throws -> Prepared {
    let call = request.call
    guard let clientId = call.id else { throw RPCError(.invalidRequest, "A tool call has an id.") }
    func translation(_ serverId: MessageIdentifier, _ era: Era) -> MCPTranslation {
      MCPTranslation(
        client: call.client, clientId: clientId, serverId: serverId, serverEra: era, serverName: request.server.name)
    }
    switch speech {
    case .modern(let revision):
      // What the person can be asked is passed on; everything else that a client says about itself is its own business.
      let capabilities = ClientCapabilities(elicitation: call.client.era == .modern ? call.client.elicitation : [])
      let envelope = ModernEnvelope(revision: revision, capabilities: capabilities, client: MCPEras.client)
      let bytes = call.message.modernRequest(envelope) { edits in
        edits.set("name", JSONText(request.tool), in: .params)
      }
      let headers = try MirroredHeaders.headers(for: MCPMessage(bytes), parameters: request.parameters)
      return Prepared(bytes: bytes, headers: headers, translation: translation(clientId, .modern), hasSession: false)
    case .legacy(let session):
      // Several calls of several clients share the session: each needs an id of its own.
      let serverId = MessageIdentifier(RandomText.base64URL(bytes: 16))
      let bytes = call.message.legacyRequest { edits in
        edits.set("id", serverId.text)
        edits.set("name", JSONText(request.tool), in: .params)
        for name in ["inputResponses", "requestState"] { edits.remove(name, in: .params) }
      }
      return Prepared(
        bytes: bytes, headers: session.headers, translation: translation(serverId, .legacy),
        hasSession: session.id != nil)
    }
  }

  // MARK: Answers of our own

  private func ask(
    _ request: MCPUpstreamCall, again connection: Connection?, _ consent: MCPConsent, _ sink: MCPSink
  ) async throws {
    guard request.server.auth.type == .oauth else {
      return await refuse(request, "The server refuses the organization's token. Its owner must renew it.", sink)
    }
    let answer = try await consent.answer(request.call, request.server, again: connection) {
      request.call.answer(
        ToolResult.failure("The account is connected now. Try again.", in: request.call.client.era))
    }
    guard case .message(let bytes, _, _) = answer else { return }
    await sink.message(bytes, isAnswer: true)
  }

  private func refuse(_ request: MCPUpstreamCall, _ reason: String, _ sink: MCPSink) async {
    guard let id = request.call.id else { return }
    let result = ToolResult.failure(reason, in: request.call.client.era)
    await sink.message(OutgoingMessage.response(to: id, result), isAnswer: true)
  }

  /// The call failed on the way. Its outcome at the server may be unknown, and is never tried again then.
  private func fail(_ request: MCPUpstreamCall, _ error: any Error, _ sink: MCPSink) async {
    logger.warning(
      "mcp call failed", metadata: ["errorType": "\(type(of: error))", "mcpServer": "\(request.server.id)"])
    let problem: RPCError
    switch error {
    case let error as RPCError: problem = error
    case let error as ServiceError where error.code.status < 500:
      problem = RPCError(.internalError, error.detail)
    case is EgressError: problem = RPCError(.internalError, EgressError.tenantMessage)
    default: problem = RPCError(.internalError, "The MCP server gave no answer that can be used.")
    }
    await sink.message(problem.response(to: request.call.id, era: request.call.client.era), isAnswer: true)
  }
}
