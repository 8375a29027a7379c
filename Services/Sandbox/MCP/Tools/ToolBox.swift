import MCP
import Model

/// What the tools do.
struct ToolBox: Sendable {
  let server: MCPServer

  func answer(_ call: ToolCall) async throws -> MCPAnswer {
    guard let name = call.message.name else {
      throw MCPRefusal.rpc(RPCError(.invalidParams, "The member params.name is missing."), id: call.id, era: call.era)
    }
    guard server.catalogue.has(name) else {
      server.counters.call(MCPCounters.other, by: call.caller.subject)
      return .error(.unknown("There is no tool of this name."), to: call.id, in: call.era)
    }
    server.counters.call(name, by: call.caller.subject)
    do {
      return try answer(call, name)
    } catch let failure as ToolFailure {
      return call.text(failure.message, isError: true)
    }
  }

  private func answer(_ call: ToolCall, _ name: String) throws -> MCPAnswer {
    switch PracticeTool(rawValue: name) {
    case .echo: return try Echo.answer(call)
    case .whoami: return call.value(whoami(call.caller))
    case .stream: return try ProgressStream(counters: server.counters, catalogue: server.catalogue).answer(call)
    case .fail: return call.text(try call.arguments().text("message") ?? "It did not work.", isError: true)
    case .crash: return .error(RPCError(.internalError, "The tool crashed, as it should."), to: call.id, in: call.era)
    case .slow: return try SlowWork(counters: server.counters).answer(call)
    case .count: return call.text(String(server.counters.calls(of: name)))
    case .elicit: return try Ask(elicitations: server.elicitations, access: server.access).answer(call)
    case .deleteThing: return call.text("deleted \(try call.arguments().requiredText("id"))")
    case .listMessages: return try messages(call)
    case .region, nil:
      // A tool that was added on command does nothing but show what it was called with.
      return call.value(.object(["tool": .string(name), "arguments": .object(try call.arguments().members)]))
    }
  }

  private func whoami(_ caller: MCPCaller) -> JSONValue {
    var members: [String: JSONValue] = [
      "subject": .string(caller.subject), "scopes": .array(caller.scopes.sorted().map { .string($0.rawValue) }),
      "hasToken": .bool(caller.token != nil),
    ]
    members["tokenFingerprint"] = caller.tokenFingerprint.map { .string($0) }
    members["client"] = caller.clientID.map { .string($0) }
    return .object(members)
  }

  private func messages(_ call: ToolCall) throws -> MCPAnswer {
    guard let person = call.caller.person else {
      throw ToolFailure("Only people have a mailbox: call with their token.")
    }
    guard call.caller.scopes.contains(.mailRead) else { throw server.access.lacks(.mailRead) }
    let limit = try call.arguments().number("limit", in: 1...100, default: 20)
    let letters = PracticeMail.letters(to: person).prefix(limit).map { letter in
      JSONValue.object([
        "from": .string(letter.from.name), "subject": .string(letter.subject), "isRead": .bool(letter.isRead),
      ])
    }
    return call.value(.object(["messages": .array(letters)]))
  }
}
