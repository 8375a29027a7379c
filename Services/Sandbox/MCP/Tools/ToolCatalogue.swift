import MCP
import Model
import Synchronization

/// The tools that the server lists at present. They change on command, and whoever listens is told.
final class ToolCatalogue: Sendable {
  /// Changes of the list, until it is let go.
  struct Changes: Sendable { let stream: AsyncStream<Void> }

  private struct Entry {
    let definition: ToolDefinition
    /// What its schema wants repeated in headers. A schema that breaks the rules wants nothing: clients drop such a tool.
    let headers: [HeaderParameter]
  }

  private struct State {
    var tools: [Entry]
    var version = 1
    var listeners: [Int: AsyncStream<Void>.Continuation] = [:]
    var lastListener = 0

    subscript(_ name: String) -> Int? { tools.firstIndex { $0.definition.name == name } }
  }

  private let state = Mutex(State(tools: ToolCatalogue.initial))

  /// Goes up with every change.
  var version: Int { state.withLock { $0.version } }

  func has(_ name: String) -> Bool { state.withLock { $0[name] != nil } }

  func headerParameters(of name: String?) -> [HeaderParameter] {
    guard let name else { return [] }
    return state.withLock { state in state[name].map { state.tools[$0].headers } ?? [] }
  }

  /// One page of the list. A cursor is the number of tools that came before. Nil for one that is none.
  func page(_ cursor: String?) -> ToolPage? {
    let tools = state.withLock { $0.tools.map(\.definition) }
    var start = 0
    if let cursor {
      guard let offset = Int(cursor), offset > 0, offset < tools.count else { return nil }
      start = offset
    }
    let end = min(tools.count, start + Limits.mcpToolsPerPage)
    return ToolPage(tools: Array(tools[start..<end]), nextCursor: end < tools.count ? String(end) : nil)
  }

  var definitions: [ToolDefinition] { state.withLock { $0.tools.map(\.definition) } }

  // MARK: Changing

  /// Adds a tool, or replaces the members of one that is there. Returns its new definition, and whether it is new.
  func put(
    _ name: String, _ members: [String: JSONValue]
  ) throws(OAuthError) -> (definition: ToolDefinition, isNew: Bool) {
    try change { (state) throws(OAuthError) in
      let place = state[name]
      guard place != nil || state.tools.count < Limits.mcpTools else {
        throw OAuthError(.temporarilyUnavailable, "Too many tools are listed. Reset the sandbox.")
      }
      var whole: [String: JSONValue] = ["inputSchema": .object(["type": "object"])]
      if let place, case .object(let old)? = try? state.tools[place].definition.text.decoded() { whole = old }
      whole.merge(members) { _, new in new }
      whole["name"] = .string(name)
      let entry = try Self.entry(JSONText(.object(whole.filter { !$0.value.isNull })))
      if let place { state.tools[place] = entry } else { state.tools.append(entry) }
      return (entry.definition, place == nil)
    }
  }

  /// Takes a tool off the list.
  func remove(_ name: String) throws(OAuthError) {
    try change { (state) throws(OAuthError) in
      guard let place = state[name] else { throw OAuthError(.notFound, "There is no such tool.") }
      state.tools.remove(at: place)
    }
  }

  /// Puts back the tools of the start.
  func reset() {
    let listeners = state.withLock { state in
      state.tools = Self.initial
      state.version += 1
      return Array(state.listeners.values)
    }
    for listener in listeners { listener.yield() }
  }

  private func change<Result: Sendable>(
    _ body: (inout sending State) throws(OAuthError) -> sending Result
  ) throws(OAuthError) -> Result {
    let (result, listeners) = try state.withLock { (state) throws(OAuthError) in
      let result = try body(&state)
      state.version += 1
      return (result, Array(state.listeners.values))
    }
    for listener in listeners { listener.yield() }
    return result
  }

  // MARK: Listening

  /// Hears of every change from now on, until the stream is let go. Nil when too many listen.
  func subscribe() -> Changes? {
    // Two changes that nobody has heard of are one: the list is to be read again.
    let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    let id = state.withLock { state -> Int? in
      guard state.listeners.count < Limits.mcpListeners else { return nil }
      state.lastListener += 1
      state.listeners[state.lastListener] = continuation
      return state.lastListener
    }
    guard let id else { return nil }
    continuation.onTermination = { [weak self] _ in self?.state.withLock { $0.listeners[id] = nil } }
    return Changes(stream: stream)
  }

  var listeners: Int { state.withLock { $0.listeners.count } }

  private static func entry(_ text: JSONText) throws(OAuthError) -> Entry {
    do {
      let definition = try ToolDefinition(text)
      return Entry(definition: definition, headers: (try? definition.headerParameters()) ?? [])
    } catch {
      throw OAuthError(.invalidRequest, "This is no definition of a tool: it \(error.reason.rawValue).")
    }
  }

  private static var initial: [Entry] {
    PracticeTool.allCases.map { tool in
      do {
        return try entry(try JSONText(validating: tool.definition.utf8))
      } catch {
        preconditionFailure("the definition of \(tool.rawValue) is one: \(error)")
      }
    }
  }
}
