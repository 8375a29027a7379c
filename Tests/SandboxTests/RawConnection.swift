import NIOCore
import NIOPosix

/// A bare TCP connection: what really happens on the wire, with no HTTP client that tidies up.
enum RawConnection {
  enum Ending: Equatable {
    /// The other side closed in order.
    case closed
    /// The other side reset the connection (`ECONNRESET`).
    case reset
  }

  /// Sends bytes, reads until the connection ends, and says what came and how it ended.
  static func exchange(_ request: String, port: Int) async throws -> (received: String, ending: Ending) {
    let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .connect(host: "127.0.0.1", port: port) { channel in
        channel.eventLoop.makeCompletedFuture {
          try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
        }
      }
    return try await channel.executeThenClose { inbound, outbound in
      try await outbound.write(ByteBuffer(string: request))
      var received = ""
      do {
        for try await part in inbound { received += String(buffer: part) }
        return (received, .closed)
      } catch let error as IOError where error.errnoCode == 104 || error.errnoCode == 54 {
        return (received, .reset)
      }
    }
  }

  /// A form request as bytes.
  static func post(_ path: String, form: String) -> String {
    """
    POST \(path) HTTP/1.1\r
    Host: 127.0.0.1\r
    Content-Type: application/x-www-form-urlencoded\r
    Content-Length: \(form.utf8.count)\r
    \r
    \(form)
    """
  }
}
