import MCP

/// What a body of messages is answered with.
struct MCPReply: Sendable {
  var answer: MCPAnswer
  let era: Era
  /// The session that an `initialize` began.
  var newSession: String?

  init(_ answer: MCPAnswer, era: Era, newSession: String? = nil) {
    self.answer = answer
    self.era = era
    self.newSession = newSession
  }
}

/// A practice MCP server that speaks both eras. It knows no HTTP; what it remembers is in its parts.
struct MCPServer: Sendable {
  let catalogue: ToolCatalogue
  let sessions: MCPSessions
  let elicitations: Elicitations
  let counters: MCPCounters
  let access: MCPAccess

  static let implementation = Implementation(name: "practice", version: "1.0.0", title: "Practice MCP server")
  static let instructions = "Tools for practice and tests. Nothing here is real."
  static let capabilities = JSONText.object(["tools": .object(["listChanged": true])])

  func answer(_ body: [UInt8], _ headers: MCPRequestHeaders, from caller: MCPCaller) async throws -> MCPReply {
    let session = headers.sessionID.flatMap { sessions.find($0, of: caller) }
    let payload: MCPPayload
    do {
      payload = try MCPPayload(body, allowsBatch: session?.revision.allowsBatches == true)
    } catch {
      throw MCPRefusal.rpc(RPCError(error), id: error.id, era: session == nil ? .modern : .legacy)
    }
    switch payload {
    case .message(let message):
      counters.count(message)
      switch Era.of(message, versionHeader: headers.protocolVersion) {
      case .modern:
        let exchange = ModernExchange(server: self, headers: headers, caller: caller)
        return MCPReply(try await exchange.answer(message), era: .modern)
      case .legacy:
        return try await LegacyExchange(server: self, headers: headers, caller: caller, session: session).reply(message)
      }
    case .batch(let messages):
      for message in messages { counters.count(message) }
      let exchange = LegacyExchange(server: self, headers: headers, caller: caller, session: session)
      return try await exchange.reply(messages)
    }
  }

  func reset() {
    catalogue.reset()
    sessions.reset()
    elicitations.reset()
    counters.reset()
  }
}
