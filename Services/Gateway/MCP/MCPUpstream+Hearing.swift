import MCP
import Model

/// What a server says in the middle of its answer that is not for the client as it is.
extension MCPUpstream {
  /// Where an answer comes from, and where it goes.
  struct Line: Sendable {
    var request: MCPUpstreamCall
    var address: MCPAddress
    var credential: MCPCredential
    /// Of a legacy server.
    var session: MCPEras.Session?
    var sink: MCPSink
  }

  /// - Returns: the request that goes on with the call, where a client had to send another one.
  func hear(_ message: MCPMessage, on line: Line) async throws -> MCPCall? {
    guard message.isRequest else {
      if message.method == "notifications/tools/list_changed" {
        upkeep.changed(line.request.server, for: line.request.call.identity)
      }
      return nil
    }
    guard let session = line.session else { return nil }
    guard case .form(let form)? = InputRequest(message), line.request.call.showsForms else {
      notices.reply(to: message, at: line.address, line.credential, session)
      return nil
    }
    let (answer, next) = try await ask(form, on: line)
    notices.reply(answer, to: message, at: line.address, line.credential, session)
    return next
  }

  private func ask(_ form: FormElicitation, on line: Line) async throws -> (JSONText, MCPCall?) {
    let call = line.request.call
    if let parked = line.request.parked {
      let (answer, next) = try await parked.ask(form, line.sink)
      return (answer, next)
    }
    guard let session = call.session else { return (InputResponse.cancelled, nil) }
    return (try await questions.ask(form, of: session, through: line.sink), nil)
  }

  /// What a modern server asks a legacy client's person, form after form.
  func fill(
    _ forms: [(key: String, form: FormElicitation)], _ request: MCPUpstreamCall, _ sink: MCPSink
  ) async throws -> JSONText {
    guard let session = request.call.session else { return .emptyObject }
    var answers: [(String, JSONText?)] = []
    for (key, form) in forms { answers.append((key, try await questions.ask(form, of: session, through: sink))) }
    return .object(answers)
  }
}
