import MCP
import Model
import ServiceLifecycle

/// Tells legacy servers what no call waits for: that a call is given up, and what we cannot do for them.
struct MCPNotices: Service {
  /// Notices that wait to be sent. A server that takes none loses the oldest; its calls end by themselves in time.
  private static let maximumWaiting = 1_000
  /// Notices on their way at once.
  private static let maximumUnderWay = 16

  private struct Notice: Sendable {
    var bytes: [UInt8]
    var address: MCPAddress
    var credential: MCPCredential
    var session: MCPEras.Session
  }

  let wire: MCPWire
  private let notices: AsyncStream<Notice>
  private let continuation: AsyncStream<Notice>.Continuation

  init(wire: MCPWire) {
    self.wire = wire
    (notices, continuation) = AsyncStream.makeStream(
      of: Notice.self, bufferingPolicy: .bufferingNewest(Self.maximumWaiting))
  }

  func run() async throws {
    await withTaskGroup(of: Void.self) { group in
      var underWay = 0
      for await notice in notices.cancelOnGracefulShutdown() {
        if underWay == Self.maximumUnderWay {
          await group.next()
          underWay -= 1
        }
        underWay += 1
        group.addTask {
          // Nothing depends on it: whether it arrives is the server's own concern.
          _ = try? await wire.exchange(notice.bytes, to: notice.address, notice.credential, notice.session.headers)
        }
      }
    }
  }

  /// Nobody waits for this request any more.
  func cancel(
    _ request: MessageIdentifier, at address: MCPAddress, _ credential: MCPCredential, _ session: MCPEras.Session
  ) {
    continuation.yield(
      Notice(
        bytes: OutgoingMessage.cancelled(request), address: address, credential: credential, session: session))
  }

  /// Answers a request of the server's own: that we are there, or that we do not do what it asks.
  func reply(
    to message: MCPMessage, at address: MCPAddress, _ credential: MCPCredential, _ session: MCPEras.Session
  ) {
    guard case .request(let id, let method) = message.kind else { return }
    let bytes =
      method == "ping"
      ? OutgoingMessage.response(to: id, .emptyObject)
      : RPCError.methodNotFound(method).response(to: id, era: .legacy)
    continuation.yield(Notice(bytes: bytes, address: address, credential: credential, session: session))
  }

  /// Answers a question of the server's own with what the person said.
  func reply(
    _ answer: JSONText, to message: MCPMessage, at address: MCPAddress, _ credential: MCPCredential,
    _ session: MCPEras.Session
  ) {
    guard let id = message.id else { return }
    let bytes = OutgoingMessage.response(to: id, answer)
    continuation.yield(Notice(bytes: bytes, address: address, credential: credential, session: session))
  }
}
