import MCP
import Synchronization

/// Counts what reached the MCP server. The numbers that tests hold a gateway against.
final class MCPCounters: Sendable {
  /// The calls of one tool.
  struct Tool: Codable, Sendable, Equatable {
    var calls = 0
    /// By whom: a person, `static` or `anonymous`.
    var subjects: [String: Int] = [:]
    /// Calls that their caller ended before they were done.
    var cancelled = 0
  }

  struct Snapshot: Codable, Sendable, Equatable {
    /// Messages by method; unknown methods are one entry.
    var methods: [String: Int] = [:]
    /// Calls by tool; unknown tools are one entry.
    var tools: [String: Tool] = [:]
  }

  /// The entry of everything unknown: what callers send must not grow the table.
  static let other = "other"

  private static let methods: Set<String> = [
    "initialize", "ping", "server/discover", "tools/list", "tools/call", "subscriptions/listen",
    "notifications/initialized", "notifications/cancelled",
  ]

  private let state = Mutex(Snapshot())

  func count(_ message: MCPMessage) {
    guard let method = message.method else { return }
    state.withLock { $0.methods[Self.methods.contains(method) ? method : Self.other, default: 0] += 1 }
  }

  func call(_ tool: String, by subject: String) {
    state.withLock { state in
      state.tools[tool, default: Tool()].calls += 1
      state.tools[tool, default: Tool()].subjects[subject, default: 0] += 1
    }
  }

  func cancelled(_ tool: String) { state.withLock { $0.tools[tool, default: Tool()].cancelled += 1 } }

  func calls(of tool: String) -> Int { state.withLock { $0.tools[tool]?.calls ?? 0 } }

  var snapshot: Snapshot { state.withLock { $0 } }

  func reset() { state.withLock { $0 = Snapshot() } }
}
