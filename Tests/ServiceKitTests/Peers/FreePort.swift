import NIOCore
import NIOPosix

/// Ports for tests.
enum FreePort {
  /// A port that refuses connections: it was free a moment ago and nobody listens on it.
  static func refusing() async throws -> Int {
    let channel = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
      .bind(host: "127.0.0.1", port: 0).get()
    let port = channel.localAddress?.port ?? 0
    try await channel.close()
    return port
  }
}
