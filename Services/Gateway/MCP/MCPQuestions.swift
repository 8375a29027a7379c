import MCP
import Model
import ServiceKit
import Synchronization

/// What legacy clients are asked in the middle of a call: a request goes out among the events of the call's answer, and the response comes
/// back as a message of its own, at this replica.
final class MCPQuestions: Sendable {
  private struct Key: Hashable {
    var session: String
    var id: MessageIdentifier
  }

  private let open = Mutex<[Key: AsyncStream<JSONText>.Continuation]>([:])

  /// Asks the person to fill in a form, and waits for what they do, for as long as the call may take.
  ///
  /// - Returns: the client's answer as the server takes it.
  func ask(_ form: FormElicitation, of session: String, through sink: MCPSink) async throws -> JSONText {
    let key = Key(session: session, id: MessageIdentifier(RandomText.base64URL(bytes: 16)))
    let (answers, answer) = AsyncStream<JSONText>.makeStream()
    open.withLock { $0[key] = answer }
    defer { open.withLock { _ = $0.removeValue(forKey: key) } }
    await sink.message(InputRequest.form(form).message(key.id), isAnswer: false)
    for await text in answers { return text }
    throw CancellationError()
  }

  /// A client's response. One to a question that is not open is dropped.
  func take(_ response: MCPMessage, of session: String) {
    guard let id = response.id else { return }
    open.withLock { $0[Key(session: session, id: id)] }?.yield(InputResponse.text(of: response))
  }
}
