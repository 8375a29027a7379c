import MCP

/// A call that takes its time, and stops when its caller no longer wants it.
struct SlowWork: Sendable {
  let counters: MCPCounters

  /// How the answer comes: on a stream that opens at once, or as an object when the time is over.
  private enum Form: String { case events, object }

  func answer(_ call: ToolCall) throws -> MCPAnswer {
    let arguments = try call.arguments()
    let time = try arguments.number("milliseconds", in: 0...Limits.mcpSlowMilliseconds, default: 1_000)
    guard let form = Form(rawValue: try arguments.text("as") ?? Form.events.rawValue) else {
      throw ToolFailure("as must be events or object.")
    }
    guard form == .events, call.mayStream else {
      return .later {
        try await wait(time, call)
        return .message(done(call, time))
      }
    }
    return .events { sink in
      do {
        try await wait(time, call)
      } catch is CancellationError where call.session != nil {
        // Cancelled by a notification: the caller is still there, and the stream ends in order.
        return
      }
      try await sink.send(done(call, time))
    }
  }

  private func done(_ call: ToolCall, _ milliseconds: Int) -> [UInt8] {
    OutgoingMessage.response(to: call.id, ToolResult.text("waited \(milliseconds) ms", in: call.era))
  }

  private func wait(_ milliseconds: Int, _ call: ToolCall) async throws {
    do {
      try await sleep(milliseconds, call)
    } catch {
      counters.cancelled(PracticeTool.slow.rawValue)
      throw error
    }
  }

  /// In the modern era the end of the connection cancels the task; in the legacy one a notification ends the stream.
  private func sleep(_ milliseconds: Int, _ call: ToolCall) async throws {
    guard let session = call.session else {
      try await Task.sleep(for: .milliseconds(milliseconds))
      return
    }
    let cancelled = session.start(call.id)
    defer { session.finish(call.id) }
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await Task.sleep(for: .milliseconds(milliseconds)) }
      group.addTask {
        for await _ in cancelled {}
        throw CancellationError()
      }
      try await group.next()
      group.cancelAll()
    }
  }
}
