import MCP

/// A call that takes its time, and stops when its caller no longer wants it.
struct SlowWork: Sendable {
  let counters: MCPCounters

  func answer(_ call: ToolCall) throws -> MCPAnswer {
    let time = try call.arguments().number("milliseconds", in: 0...Limits.mcpSlowMilliseconds, default: 1_000)
    return .later {
      do {
        try await sleep(time, call)
        return call.text("waited \(time) ms")
      } catch {
        counters.cancelled(PracticeTool.slow.rawValue)
        throw error
      }
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
