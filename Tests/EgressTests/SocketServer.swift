import Glibc
import NIOCore
import NIOPosix
import Synchronization

/// A server double on a real socket that follows a script byte by byte, and counts connections.
final class SocketServer: Sendable {
  enum Ending: Sendable { case keep, close, reset }

  struct Script: Sendable {
    /// The script plays when the request contains this text; at once when it is empty.
    var trigger: String
    var reply = ""
    var ending = Ending.keep
  }

  let port: Int
  private let channel: any Channel
  private let state: State

  final class State: Sendable {
    let connections = Mutex(0)
    let requests = Mutex<[String]>([])
    let (ended, endings) = AsyncStream<Void>.makeStream()
  }

  /// Connections accepted so far.
  var connections: Int { state.connections.withLock { $0 } }
  /// What each connection sent until its script played.
  var requests: [String] { state.requests.withLock { $0 } }

  /// Waits until the other side has ended a connection.
  func connectionEnded() async {
    for await _ in state.ended { return }
  }

  init(host: String = "127.0.0.1", port: Int = 0, _ script: Script) async throws {
    let state = State()
    self.state = state
    channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelInitializer { channel in
        state.connections.withLock { $0 += 1 }
        return channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(Player(script: script, state: state))
        }
      }
      .bind(host: host, port: port).get()
    self.port = channel.localAddress?.port ?? 0
  }

  func stop() async { try? await channel.close() }

  private final class Player: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer
    private let script: Script
    private let state: State
    private var received = ""

    init(script: Script, state: State) {
      self.script = script
      self.state = state
    }

    func channelActive(context: ChannelHandlerContext) {
      if script.trigger.isEmpty { play(context) }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      received += String(buffer: unwrapInboundIn(data))
      guard !script.trigger.isEmpty, received.contains(script.trigger) else { return }
      state.requests.withLock { $0.append(received) }
      received = ""
      play(context)
    }

    func channelInactive(context: ChannelHandlerContext) { state.endings.yield() }

    private func play(_ context: ChannelHandlerContext) {
      if !script.reply.isEmpty {
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: script.reply)), promise: nil)
      }
      switch script.ending {
      case .keep: break
      case .close: context.close(promise: nil)
      case .reset:
        // A close with lingering switched off is a reset.
        _ = (context.channel as? any SocketOptionProvider)?.setSoLinger(linger(l_onoff: 1, l_linger: 0))
        context.close(promise: nil)
      }
    }
  }
}

/// Runs a test against a scripted server and stops it afterwards.
func withServer<Value>(
  _ script: SocketServer.Script, _ body: (SocketServer) async throws -> Value
) async throws -> Value {
  let server = try await SocketServer(script)
  do {
    let value = try await body(server)
    await server.stop()
    return value
  } catch {
    await server.stop()
    throw error
  }
}

/// An answer of a few bytes, with keep-alive.
let okReply = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Type: text/plain\r\n\r\nok"
