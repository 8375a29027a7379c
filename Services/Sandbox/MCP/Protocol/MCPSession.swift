import MCP
import Synchronization

/// One legacy session: what the handshake agreed on, what runs in it, and what it waits for.
final class MCPSession: Sendable {
  private struct State {
    /// The calls that run, by their ids, with what stops them.
    var running: [MessageIdentifier: AsyncStream<Void>.Continuation] = [:]
    /// Our own requests that wait for an answer.
    var asked: [MessageIdentifier: AsyncStream<MCPMessage>.Continuation] = [:]
    var lastRequest = 0
    var toolsVersion: Int
  }

  let id: String
  let door: MCPDoor
  let subject: String
  let revision: ProtocolRevision
  let capabilities: ClientCapabilities
  private let state: Mutex<State>

  init(
    id: String, of caller: MCPCaller, revision: ProtocolRevision, capabilities: ClientCapabilities, toolsVersion: Int
  ) {
    self.id = id
    door = caller.door
    subject = caller.subject
    self.revision = revision
    self.capabilities = capabilities
    state = Mutex(State(toolsVersion: toolsVersion))
  }

  /// A session belongs to whoever began it: its id is no credential.
  func belongs(to caller: MCPCaller) -> Bool { door == caller.door && subject == caller.subject }

  // MARK: Cancellation

  /// What ends when the call is cancelled, or when it is over.
  func start(_ call: MessageIdentifier) -> AsyncStream<Void> {
    let (stream, continuation) = AsyncStream.makeStream(of: Void.self)
    state.withLock { $0.running[call] = continuation }
    return stream
  }

  func cancel(_ call: MessageIdentifier) { state.withLock { $0.running[call] }?.finish() }

  func finish(_ call: MessageIdentifier) { state.withLock { $0.running.removeValue(forKey: call) }?.finish() }

  // MARK: Asking the client

  /// A fresh id for a request of ours, and what its answer comes through.
  func ask() -> (id: MessageIdentifier, answers: AsyncStream<MCPMessage>) {
    let (stream, continuation) = AsyncStream.makeStream(of: MCPMessage.self, bufferingPolicy: .bufferingNewest(1))
    let id = state.withLock { state in
      state.lastRequest += 1
      let id = MessageIdentifier("practice-\(state.lastRequest)")
      state.asked[id] = continuation
      return id
    }
    return (id, stream)
  }

  /// An answer of the client to one of our requests. One that nobody waits for is let go.
  func take(_ message: MCPMessage, answering id: MessageIdentifier) {
    let waiting = state.withLock { $0.asked.removeValue(forKey: id) }
    waiting?.yield(message)
    waiting?.finish()
  }

  /// Nobody waits for this answer any more.
  func forget(_ id: MessageIdentifier) { state.withLock { $0.asked.removeValue(forKey: id) }?.finish() }

  /// Ends everything that runs or waits in it.
  func end() {
    let (running, asked) = state.withLock { state in
      defer { (state.running, state.asked) = ([:], [:]) }
      return (Array(state.running.values), Array(state.asked.values))
    }
    for continuation in running { continuation.finish() }
    for continuation in asked { continuation.finish() }
  }

  // MARK: Tools that changed

  /// The client has seen this list of tools, or knows that there is a new one. True if it did not before.
  @discardableResult
  func saw(toolsVersion: Int) -> Bool {
    state.withLock { state in
      defer { state.toolsVersion = max(state.toolsVersion, toolsVersion) }
      return state.toolsVersion < toolsVersion
    }
  }
}
