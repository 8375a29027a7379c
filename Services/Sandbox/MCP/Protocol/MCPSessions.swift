import MCP
import Model
import Synchronization

/// The legacy sessions that live. The oldest gives way when there are too many: its client begins a new one.
final class MCPSessions: Sendable {
  private struct State {
    var sessions: [String: MCPSession] = [:]
    var order: [String] = []
  }

  private let state = Mutex(State())

  func begin(
    _ caller: MCPCaller, revision: ProtocolRevision, capabilities: ClientCapabilities, toolsVersion: Int
  ) -> MCPSession {
    let session = MCPSession(
      id: "mcps_\(RandomText.base32(bytes: 16))", of: caller, revision: revision, capabilities: capabilities,
      toolsVersion: toolsVersion)
    let oldest = state.withLock { state in
      state.sessions[session.id] = session
      state.order.append(session.id)
      guard state.order.count > Limits.mcpSessions else { return nil as MCPSession? }
      return state.sessions.removeValue(forKey: state.order.removeFirst())
    }
    oldest?.end()
    return session
  }

  /// The session of this id, if it is the caller's.
  func find(_ id: String, of caller: MCPCaller) -> MCPSession? {
    state.withLock { $0.sessions[id] }.flatMap { $0.belongs(to: caller) ? $0 : nil }
  }

  /// Ends a session. False if the caller has none of this id.
  func end(_ id: String, of caller: MCPCaller) -> Bool {
    guard let session = find(id, of: caller) else { return false }
    state.withLock { state in
      state.sessions[id] = nil
      state.order.removeAll { $0 == id }
    }
    session.end()
    return true
  }

  var count: Int { state.withLock { $0.sessions.count } }

  /// Ends every session. Returns how many.
  @discardableResult
  func reset() -> Int {
    let sessions = state.withLock { state in
      defer { state = State() }
      return Array(state.sessions.values)
    }
    for session in sessions { session.end() }
    return sessions.count
  }
}
