import Model
import Synchronization

/// What people were asked to open, and whether they did.
final class Elicitations: Sendable {
  struct Asked: Sendable {
    let id: String
    let door: MCPDoor
    let subject: String
    var isOpened = false
  }

  private struct State {
    var asked: [String: Asked] = [:]
    var order: [String] = []
  }

  private let state = Mutex(State())

  /// Remembers a new one. The oldest gives way when there are too many.
  func ask(_ caller: MCPCaller) -> Asked {
    let asked = Asked(id: "ask_\(RandomText.base32(bytes: 16))", door: caller.door, subject: caller.subject)
    state.withLock { state in
      state.asked[asked.id] = asked
      state.order.append(asked.id)
      if state.order.count > Limits.mcpElicitations { state.asked[state.order.removeFirst()] = nil }
    }
    return asked
  }

  /// Takes the one of this id, if this caller was asked it: an answer counts once.
  func take(_ id: String, of caller: MCPCaller) -> Asked? {
    state.withLock { state in
      guard let asked = state.asked[id], asked.door == caller.door, asked.subject == caller.subject else { return nil }
      state.asked[id] = nil
      state.order.removeAll { $0 == id }
      return asked
    }
  }

  /// Somebody opened its address. False if there is none of this id.
  func open(_ id: String) -> Bool {
    state.withLock { state in
      state.asked[id]?.isOpened = true
      return state.asked[id] != nil
    }
  }

  /// Takes one that this caller has opened, so that it counts once.
  func takeOpened(by caller: MCPCaller) -> Asked? {
    state.withLock { state in
      let opened = state.order.first { id in
        guard let asked = state.asked[id] else { return false }
        return asked.isOpened && asked.door == caller.door && asked.subject == caller.subject
      }
      guard let opened else { return nil }
      state.order.removeAll { $0 == opened }
      return state.asked.removeValue(forKey: opened)
    }
  }

  func reset() { state.withLock { $0 = State() } }
}
