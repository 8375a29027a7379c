import MCP
import Model

/// Asks the person something in the middle of a call, in the way that the client's revision and capabilities allow.
struct Ask: Sendable {
  let elicitations: Elicitations
  let access: MCPAccess

  /// The name of the question in a request of the modern era.
  private static let key = "answer"
  private static let schema = JSONText.object([
    "type": "object", "properties": .object(["name": .object(["type": "string", "title": "Your name"])]),
    "required": .array(["name"]),
  ])

  func answer(_ call: ToolCall) throws -> MCPAnswer {
    let arguments = try call.arguments()
    guard let mode = ElicitationMode(rawValue: try arguments.text("mode") ?? ElicitationMode.url.rawValue) else {
      throw ToolFailure("mode must be url or form.")
    }
    let message = try arguments.text("message") ?? (mode == .url ? "Open this address to go on." : "What is your name?")
    return switch call.era {
    case .modern: try modern(call, mode, message)
    case .legacy: legacy(call, mode, message)
    }
  }

  // MARK: Modern

  private func modern(_ call: ToolCall, _ mode: ElicitationMode, _ message: String) throws -> MCPAnswer {
    if let response = InputResponse.all(in: call.message)[Self.key] {
      guard let asked = call.message.requestState.flatMap({ elicitations.take($0, of: call.caller) }) else {
        let error = RPCError(.invalidParams, "requestState is not ours, or was used.", isAboutRequest: false)
        return .error(error, to: call.id, in: .modern)
      }
      return told(call, response, asked)
    }
    guard call.capabilities.elicitation.contains(mode) else {
      return .error(.missingCapability(ClientCapabilities(elicitation: [mode])), to: call.id, in: .modern)
    }
    let asked = elicitations.ask(call.caller)
    let request = question(mode, message, asked)
    return .result(InputRequired(requests: [(Self.key, request)], state: asked.id).result, to: call.id)
  }

  private func question(_ mode: ElicitationMode, _ message: String, _ asked: Elicitations.Asked) -> InputRequest {
    switch mode {
    case .url: .url(URLElicitation(message: message, url: address(asked), elicitationId: asked.id))
    case .form: .form(FormElicitation(message: message, requestedSchema: Self.schema))
    }
  }

  private func address(_ asked: Elicitations.Asked) -> String { access.issuer.address("mcp/elicitations/\(asked.id)") }

  /// Says what came back, and whether the address was really opened: an accepted question does not prove it.
  private func told(_ call: ToolCall, _ response: InputResponse, _ asked: Elicitations.Asked?) -> MCPAnswer {
    var members: [String: JSONValue] = ["action": .string(response.action.rawValue)]
    members["content"] = response.content
    members["opened"] = asked.map { .bool($0.isOpened) }
    return call.value(.object(members))
  }

  // MARK: Legacy

  private func legacy(_ call: ToolCall, _ mode: ElicitationMode, _ message: String) -> MCPAnswer {
    if mode == .url, let asked = elicitations.takeOpened(by: call.caller) {
      return told(call, InputResponse(action: .accept), asked)
    }
    let canBeAsked = call.capabilities.elicitation.contains(mode) && call.revision.elicitationModes.contains(mode)
    switch mode {
    case .url:
      let asked = elicitations.ask(call.caller)
      let elicitation = URLElicitation(message: message, url: address(asked), elicitationId: asked.id)
      guard canBeAsked else { return failure(call, message, address(asked)) }
      return .error(.urlElicitation(message, [elicitation]), to: call.id, in: .legacy)
    case .form:
      guard canBeAsked, call.mayStream, let session = call.session else { return failure(call, message, nil) }
      let request = InputRequest.form(FormElicitation(message: message, requestedSchema: Self.schema))
      return .events { sink in try await ask(call, request, session, &sink) }
    }
  }

  private func failure(_ call: ToolCall, _ message: String, _ link: String?) -> MCPAnswer {
    .result(ToolResult.failure(message, link: link, in: .legacy), to: call.id)
  }

  /// Sends the question on the stream of the call and waits until the client has posted the answer.
  private func ask(
    _ call: ToolCall, _ request: InputRequest, _ session: MCPSession, _ sink: inout MCPSink
  ) async throws {
    let (id, answers) = session.ask()
    defer { session.forget(id) }
    try await sink.send(request.message(id))
    var response: InputResponse?
    for await answer in answers { response = InputResponse(answer) }
    let answer = response.map { told(call, $0, nil) } ?? failure(call, "The question was not answered.", nil)
    if case .message(let bytes, _) = answer { try await sink.send(bytes) }
  }
}
