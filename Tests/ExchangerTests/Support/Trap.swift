import NIOCore
import NIOPosix
import Synchronization

/// Listens on both addresses of this machine and counts who connects.
final class Trap: Sendable {
  private final class Count: Sendable {
    let value = Mutex(0)
  }

  let port: Int
  private let count: Count
  private let channels: [any Channel]

  /// Connections accepted so far.
  var connections: Int { count.value.withLock { $0 } }

  private init() async throws {
    let count = Count()
    let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .childChannelInitializer { channel in
        count.value.withLock { $0 += 1 }
        return channel.close()
      }
    let first = try await bootstrap.bind(host: "127.0.0.1", port: 0).get()
    port = first.localAddress?.port ?? 0
    // A machine without IPv6 has nothing to be reached at there.
    let second = try? await bootstrap.bind(host: "::1", port: port).get()
    channels = [first] + (second.map { [$0] } ?? [])
    self.count = count
  }

  /// Runs a test with a trap and closes it afterwards.
  static func with<Value>(_ body: (Trap) async throws -> Value) async throws -> Value {
    let trap = try await Trap()
    do {
      let value = try await body(trap)
      for channel in trap.channels { try? await channel.close() }
      return value
    } catch {
      for channel in trap.channels { try? await channel.close() }
      throw error
    }
  }
}
