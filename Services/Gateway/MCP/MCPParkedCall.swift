import AsyncAlgorithms
import Deadlines
import MCP
import Model
import ServiceKit
import Synchronization

/// A call of a modern client that a legacy server may hold up with a question.
///
/// Such a client gets the question as the answer to its request and sends the request again with what its person says (revision 2026-07-28,
/// multi round-trip). The server's answer stays open meanwhile, so that nothing is done twice.
final class MCPParkedCall: Sendable {
  typealias Send = @Sendable ([UInt8]) async -> Void
  /// One response to the client after the other: what it is given until the next question.
  private typealias Leg = AsyncThrowingChannel<[UInt8], any Error>

  /// Who may go on with the call.
  struct Owner: Hashable, Sendable {
    var organizationId: OrganizationID
    var userId: UserID?
    var credentialId: String
    var application: ConnectionScope?
    var serverId: MCPServerID
    var tool: String

    init(_ identity: CallerIdentity, _ server: MCPServerAccess, _ tool: String) {
      organizationId = identity.caller.organizationId
      userId = identity.caller.user?.id
      credentialId = identity.caller.user == nil ? identity.caller.credentialId : ""
      application = identity.application?.scope
      serverId = server.id
      self.tool = tool
    }
  }

  /// The key of the question in an answer.
  private static let question = "form"
  /// Seconds that a person may take over a form; the server waits meanwhile.
  private static let answerSeconds = 300

  let state = MCPParkedCalls.statePrefix + RandomText.base64URL(bytes: 32)
  let owner: Owner
  private let form: MCPStream.Form
  private let calls: MCPParkedCalls
  private let leg = Mutex(Leg())
  /// Of the request that the client waits for an answer to.
  private let requestId: Mutex<MessageIdentifier?>
  private let goingOn: AsyncStream<MCPCall>
  private let goOn: AsyncStream<MCPCall>.Continuation
  private let untilLeft: AsyncStream<Void>
  private let left: AsyncStream<Void>.Continuation

  init(_ owner: Owner, _ requestId: MessageIdentifier?, _ form: MCPStream.Form, _ calls: MCPParkedCalls) {
    self.owner = owner
    self.requestId = Mutex(requestId)
    self.form = form
    self.calls = calls
    (goingOn, goOn) = AsyncStream.makeStream()
    (untilLeft, left) = AsyncStream.makeStream()
  }

  /// What the client calls its request now.
  var clientId: MessageIdentifier? { requestId.withLock { $0 } }

  private var current: Leg { leg.withLock { $0 } }

  /// Does the work until it ends or its client leaves.
  func run(_ work: @escaping @Sendable (_ send: @escaping Send) async throws -> Void) async {
    do {
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await work { [self] piece in await current.send(piece) } }
        group.addTask { [untilLeft] in
          for await _ in untilLeft {}
          throw CancellationError()
        }
        defer { group.cancelAll() }
        try await group.next()
      }
      current.finish()
    } catch {
      current.fail(error)
    }
  }

  /// The response to the client, until the call ends or asks.
  var stream: MCPStream {
    let leg = current
    return MCPStream(form: form) { [self] send in
      try await withTaskCancellationHandler {
        for try await piece in leg { await send(piece) }
        try Task.checkCancellation()
      } onCancel: {
        leave()
        leg.finish()
      }
    }
  }

  /// The call is given up.
  func leave() { left.finish() }

  /// Asks the client's person, and waits until the client comes back.
  ///
  /// - Returns: what the person said as the server takes it, and the request that goes on with the call.
  func ask(_ form: FormElicitation, _ sink: MCPSink) async throws -> (JSONText, MCPCall) {
    guard let id = clientId else { throw CancellationError() }
    try calls.hold(self)
    defer { calls.release(self) }
    let required = InputRequired(requests: [(Self.question, .form(form))], state: state)
    await sink.message(OutgoingMessage.response(to: id, required.result), isAnswer: true)
    current.finish()
    let call = try await withDeadline(.seconds(Self.answerSeconds)) { [goingOn] in
      for await call in goingOn { return call }
      throw CancellationError()
    }
    return (InputResponse.text(in: call.message, key: Self.question), call)
  }

  /// The client has come back.
  func resume(_ call: MCPCall) -> MCPStream {
    leg.withLock { $0 = Leg() }
    requestId.withLock { $0 = call.id }
    let stream = stream
    goOn.yield(call)
    return stream
  }
}
