import MCP
import Synchronization

/// Calls of legacy clients that this replica works on, so that a client can take one back: its own connection may end without meaning that
/// (revision 2025-11-25, cancellation). Another replica's calls are not known here.
final class MCPCallsUnderWay: Sendable {
  private struct Key: Hashable {
    var session: String
    var id: MessageIdentifier
  }

  private let calls = Mutex<[Key: AsyncStream<Void>.Continuation]>([:])

  /// The call's answer, which ends with an error as soon as the client takes the call back.
  func cancellable(_ answer: MCPAnswer, _ call: MCPCall) -> MCPAnswer {
    guard call.client.era == .legacy, case .stream(let stream) = answer, let session = call.session, let id = call.id
    else { return answer }
    let key = Key(session: session, id: id)
    return .stream(MCPStream(form: stream.form) { [self] send in try await run(stream, key, send) })
  }

  /// The client takes a request back. One that is not known has ended, or never was.
  func cancel(_ notification: MCPMessage, of session: String) {
    guard let id = notification.cancelledRequest else { return }
    calls.withLock { $0[Key(session: session, id: id)] }?.finish()
  }

  private func run(
    _ stream: MCPStream, _ key: Key, _ send: @escaping @Sendable ([UInt8]) async -> Void
  ) async throws {
    let (untilCancelled, cancelled) = AsyncStream<Void>.makeStream()
    calls.withLock { $0[key] = cancelled }
    defer { calls.withLock { _ = $0.removeValue(forKey: key) } }
    let isMidMessage = Flag()
    let wasCancelled = try await withThrowingTaskGroup(of: Bool.self) { group in
      group.addTask {
        try await stream.make { piece in
          isMidMessage.set(stream.form == .json || piece.suffix(2) != [0x0A, 0x0A])
          await send(piece)
        }
        return false
      }
      group.addTask {
        for await _ in untilCancelled {}
        return !Task.isCancelled
      }
      let wasCancelled = try await group.next() ?? false
      group.cancelAll()
      if wasCancelled { _ = await group.nextResult() }
      return wasCancelled
    }
    guard wasCancelled else { return }
    // Half of an answer is out: nothing can be said any more.
    guard !isMidMessage.isSet else { throw CancellationError() }
    let error = RPCError(.internalError, "The call was cancelled.").response(to: key.id, era: .legacy)
    await MCPSink(stream.form, send).message(error, isAnswer: true)
  }

  private final class Flag: Sendable {
    private let value = Atomic(false)
    var isSet: Bool { value.load(ordering: .relaxed) }
    func set(_ new: Bool) { value.store(new, ordering: .relaxed) }
  }
}
