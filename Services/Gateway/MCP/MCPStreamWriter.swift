import AsyncAlgorithms
import Deadlines
import Hummingbird
import MCP
import NIOCore

/// Writes a body while it is made, says that it lives while nothing comes, and ends the work when the client has gone.
struct MCPStreamWriter: Sendable {
  /// How often a silent stream says that it lives: below what proxies commonly allow.
  private static let keepAlive = Duration.seconds(15)
  /// What is over by then needs no watch over its client, whose connection can then be used again.
  private static let patience = Duration.seconds(1)
  /// Stands among the pieces for a sign of life.
  private static let signOfLife: [UInt8] = []

  private let stream: MCPStream
  private let request: RequestBody

  /// - Parameter request: one whose body was read.
  init(_ stream: MCPStream, _ request: Request) {
    self.stream = stream
    var request = request
    // Nothing of the body is to come, only the end of the connection.
    request.body = RequestBody(buffer: ByteBuffer())
    self.request = request.body
  }

  var body: ResponseBody {
    ResponseBody { writer in
      try await write(to: &writer)
      try await writer.finish(nil)
    }
  }

  private func write(to writer: inout any ResponseBodyWriter) async throws {
    let pieces = AsyncChannel<[UInt8]>()
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        defer { pieces.finish() }
        try await stream.make { await pieces.send($0) }
      }
      group.addTask { try await watch(pieces) }
      defer { group.cancelAll() }
      var mayShowLife = true
      for await piece in pieces {
        if piece != Self.signOfLife {
          // Between two events, or before the JSON text: white space belongs to neither.
          mayShowLife = stream.form == .events && piece.suffix(2) == [0x0A, 0x0A]
          try await writer.write(ByteBuffer(bytes: piece))
        } else if mayShowLife {
          try await writer.write(ByteBuffer(bytes: stream.form == .events ? EventWriter.keepAlive : [0x20]))
        }
      }
      // The first to end is the work, or the watch because the client has gone.
      try await group.next()
    }
  }

  /// Says that the stream lives, and ends when the client closes its connection: nobody would read the answer. Writing alone would notice
  /// only when there is something to say.
  private func watch(_ pieces: AsyncChannel<[UInt8]>) async throws {
    try await pause(for: Self.patience)
    defer { pieces.finish() }
    try await request.consumeWithCancellationOnInboundClose { _ in
      while true {
        try await pause(for: Self.keepAlive)
        await pieces.send(Self.signOfLife)
      }
    }
  }
}
