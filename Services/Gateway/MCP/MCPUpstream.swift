import Deadlines
import Egress
import Foundation
import HTTPTypes
import Logging
import MCP
import Model
import ServiceKit

/// Carries tool calls to servers of either era and their answers back.
struct MCPUpstream: Sendable {
  /// Tries of one call: once more after a refused token, after a lost session, after a consent, where nothing was done; and after each round of
  /// forms that the person fills in.
  private static let maximumTries = 12

  let wire: MCPWire
  let eras: MCPEras
  let notices: MCPNotices
  let issuers: MCPIssuerWatch
  let upkeep: MCPCatalogueUpkeep
  let questions: MCPQuestions
  let parked: MCPParkedCalls
  /// Seconds for a whole call.
  let callSeconds: Int
  let logger: Logger

  /// The answer to the call, written while it comes in.
  func answer(
    _ request: MCPUpstreamCall, with credential: MCPCredential, _ credentials: MCPCredentials, _ consent: MCPConsent
  ) -> MCPAnswer {
    let form = MCPStream.Form(for: request.call)
    @Sendable func work(_ request: MCPUpstreamCall, _ send: @escaping MCPParkedCall.Send) async throws {
      let sink = MCPSink(form, send)
      do {
        try await withDeadline(.seconds(callSeconds)) {
          try await carry(request, credential, credentials, consent, sink)
        }
      } catch {
        // Nobody listens any more, or half of an answer is out: the connection ends where it is.
        guard !Task.isCancelled, !sink.isMidAnswer else { throw error }
        await fail(request, error, sink)
      }
    }
    guard request.call.client.era == .modern, request.call.showsForms else {
      return .stream(MCPStream(form: form) { send in try await work(request, send) })
    }
    let owner = MCPParkedCall.Owner(request.call.identity, request.server, request.tool)
    var parkable = request
    let waiting = MCPParkedCall(owner, request.call.id, form, parked)
    parkable.parked = waiting
    return .stream(parked.stream(waiting) { [parkable] send in try await work(parkable, send) })
  }

  private func carry(
    _ request: MCPUpstreamCall, _ first: MCPCredential, _ credentials: MCPCredentials, _ consent: MCPConsent,
    _ sink: MCPSink
  ) async throws {
    let identity = request.call.identity
    var (request, credential) = (request, first)
    var (wasReplaced, mayAwaitConsent, mayLookAgain) = (false, request.mayAwaitConsent, true)
    for _ in 0..<Self.maximumTries {
      var consentScopes: [String]?
      let outcome = try await attempt(request, credential, mayLookAgain: mayLookAgain, sink)
      if case .unauthorized = outcome, await issuers.hasMoved(request.server, for: identity) {
        return await refuse(request, MCPIssuerWatch.sentence, sink)
      }
      switch outcome {
      case .answered: return
      case .formsAsked(let asked):
        let responses = try await fill(asked.forms, request, sink)
        request.filled = MCPUpstreamCall.Filled(responses: responses, state: asked.state)
      case .sessionLost: continue
      case .otherEra: mayLookAgain = false
      case .forbidden:
        return await refuse(request, "The MCP server does not allow this account to call the tool.", sink)
      case .insufficientScope(let scopes): consentScopes = scopes
      case .unauthorized where credential.header != nil && !wasReplaced:
        wasReplaced = true
        switch try await credentials.replacement(for: credential, at: request.server, identity) {
        case .credential(let fresh): credential = fresh
        case .consent: consentScopes = []
        case .refused(let reason): return await refuse(request, reason, sink)
        case .selectAccount: return await refuse(request, MCPCredentials.severalAccounts, sink)
        }
      case .unauthorized: consentScopes = []
      }
      guard let consentScopes else { continue }
      guard request.server.auth.type == .oauth else {
        return await refuse(request, request.server.auth.refusal, sink)
      }
      let wish = MCPConsent.Wish(again: credential.connection, scopes: consentScopes)
      switch try await consent.answer(request.call, request.server, wish, mayAwait: mayAwaitConsent) {
      case .answer(let bytes):
        request.call.record?.note(.refused, because: CallEnd.consentRequired)
        return await sink.message(bytes, isAnswer: true)
      case .connected:
        mayAwaitConsent = false
        guard
          case .credential(let fresh) = try await credentials.credential(for: request.server, identity, isFresh: true)
        else {
          return await refuse(request, "The account is connected now. Try again.", sink)
        }
        credential = fresh
      }
    }
    throw MCPEras.Failure.unreachable
  }

  private func attempt(
    _ request: MCPUpstreamCall, _ credential: MCPCredential, mayLookAgain: Bool, _ sink: MCPSink
  ) async throws -> MCPUpstreamOutcome {
    let address = MCPAddress(
      request.server, credential, request.call.identity, showsForms: request.call.showsForms)
    let speech: MCPEras.Speech
    do {
      speech = try await eras.speech(with: address, credential)
    } catch MCPEras.Failure.unauthorized(let outcome) {
      return outcome
    }
    let prepared = try MCPUpstreamRequest(request, speech)
    let outgoing = wire.request(prepared.bytes, to: address, credential, prepared.headers)
    let line = Line(
      request: request, address: address, credential: credential, session: prepared.session, sink: sink)
    let relay = MCPRelay(prepared.translation, sink, request.call.record) { try await hear($0, on: line) }
    do {
      let outcome = try await wire.egress.stream(outgoing) { stream in
        var reception = MCPReception(
          relay: relay, era: prepared.session == nil ? .modern : .legacy, hasSession: prepared.session?.id != nil,
          mayLookAgain: mayLookAgain)
        return try await reception.receive(stream)
      }
      switch outcome {
      case .sessionLost, .otherEra: eras.forget(address)
      default: break
      }
      return outcome
    } catch {
      // The end of the connection says it to a modern server; a legacy one works on until it is told.
      if Task.isCancelled || error is DeadlineExceeded, let session = prepared.session {
        notices.cancel(prepared.translation.serverId, at: address, credential, session)
      }
      throw error
    }
  }
}

/// Answers of our own, where the server's could not be had.
extension MCPUpstream {
  private func refuse(_ request: MCPUpstreamCall, _ reason: String, _ sink: MCPSink) async {
    guard let id = request.call.id else { return }
    request.call.record?.note(.refused, because: CallEnd.refusedByServer)
    let result = ToolResult.failure(reason, in: request.call.client.era)
    await sink.message(OutgoingMessage.response(to: id, result), isAnswer: true)
  }

  /// The call failed on the way. Its outcome at the server may be unknown, and is never tried again then.
  private func fail(_ request: MCPUpstreamCall, _ error: any Error, _ sink: MCPSink) async {
    logger.warning(
      "mcp call failed", metadata: ["errorType": "\(type(of: error))", "mcpServer": "\(request.server.id)"])
    request.call.record?.note(error)
    let problem: RPCError
    switch error {
    case let error as RPCError: problem = error
    case let error as any ServiceErrorConvertible: problem = RPCError(.internalError, error.serviceError.detail)
    case is EgressError: problem = RPCError(.internalError, EgressError.tenantMessage)
    case is DeadlineExceeded:
      problem = RPCError(.internalError, "The MCP server did not answer within \(callSeconds) seconds.")
    default: problem = RPCError(.internalError, "The MCP server gave no answer that can be used.")
    }
    let id = request.parked?.clientId ?? request.call.id
    await sink.message(problem.response(to: id, era: request.call.client.era), isAnswer: true)
  }
}
