import Logging
import MCP
import Model
import ServiceKit
import ServiceLifecycle
import Synchronization

/// Calls of modern clients that wait, at this replica, for what a person fills in.
final class MCPParkedCalls: Service {
  /// What the state begins with that a client sends back.
  static let statePrefix = "lanyard.parked."
  /// Calls that wait at once: each holds a connection to its server.
  private static let maximumCount = 1_000
  /// Of one person; nobody has more forms before them.
  private static let maximumPerOwner = 8
  private static let gone =
    "The question is no longer open, and the call was given up. What the tool did until then is not known."

  private struct Job: Sendable {
    var call: MCPParkedCall
    var work: @Sendable (_ send: @escaping MCPParkedCall.Send) async throws -> Void
  }

  private let jobs: AsyncStream<Job>
  private let submit: AsyncStream<Job>.Continuation
  private let waiting = Mutex<[String: MCPParkedCall]>([:])

  init() { (jobs, submit) = AsyncStream.makeStream() }

  func run() async throws {
    await withDiscardingTaskGroup { group in
      for await job in jobs.cancelOnGracefulShutdown() {
        group.addTask { await job.call.run(job.work) }
      }
      // Whoever still reads an answer gets the rest of it; nobody waits for a form any more.
      for call in waiting.withLock({ Array($0.values) }) { call.leave() }
    }
  }

  /// A call's answer, made by a task that outlives the response to the client.
  func stream(
    _ call: MCPParkedCall, _ work: @escaping @Sendable (_ send: @escaping MCPParkedCall.Send) async throws -> Void
  ) -> MCPStream {
    let first = call.stream
    return MCPStream(form: first.form) { [submit] send in
      guard case .enqueued = submit.yield(Job(call: call, work: work)) else { throw CancellationError() }
      try await first.make(send)
    }
  }

  /// Goes on with a call whose client comes back with an answer; nil for a request that is none of these.
  func resume(_ call: MCPCall, at server: MCPServerAccess, _ tool: String) -> MCPAnswer? {
    guard let state = call.message.requestState, state.hasPrefix(Self.statePrefix) else { return nil }
    let owner = MCPParkedCall.Owner(call.identity, server, tool)
    let parked: MCPParkedCall? = waiting.withLock { waiting in
      guard waiting[state]?.owner == owner else { return nil }
      return waiting.removeValue(forKey: state)
    }
    guard let parked else { return call.answer(ToolResult.failure(Self.gone, in: call.client.era)) }
    return .stream(parked.resume(call))
  }

  /// - Throws: where too many wait already.
  func hold(_ call: MCPParkedCall) throws {
    try waiting.withLock { waiting in
      let isRoom = waiting.count < Self.maximumCount
      guard isRoom, waiting.values.count(where: { $0.owner.isSamePerson(as: call.owner) }) < Self.maximumPerOwner else {
        throw ServiceError(.unavailable, "Too many questions are open already. Answer them first.")
      }
      waiting[call.state] = call
    }
  }

  func release(_ call: MCPParkedCall) { waiting.withLock { _ = $0.removeValue(forKey: call.state) } }
}

extension MCPParkedCall.Owner {
  fileprivate func isSamePerson(as other: Self) -> Bool {
    organizationId == other.organizationId && userId == other.userId && credentialId == other.credentialId
  }
}
