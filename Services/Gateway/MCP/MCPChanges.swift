import Foundation
import Model
import ServiceLifecycle
import Synchronization

/// Tells those who listen that something of their organization changed.
final class MCPChanges: ChangeFollower {
  enum Change: Sendable { case tools, nothing }

  /// How often a silent stream says that it lives: below what proxies commonly allow.
  private static let keepAlive = Duration.seconds(15)
  /// Changes that wait for a slow listener; one is enough, since it says "look again".
  private static let bufferedChanges = 1

  private struct Listener {
    var organizationId: OrganizationID
    var stream: AsyncStream<Change>.Continuation
  }

  private let listeners = Mutex<[UUID: Listener]>([:])

  /// Runs until the listener has had enough or leaves, or the gateway is asked to stop.
  ///
  /// - Parameters:
  ///   - end: when the listener must look whether it goes on, besides every sign of life.
  ///   - tell: returns whether the listener goes on.
  func follow(
    _ organizationId: OrganizationID, until end: Date?, _ tell: (Change) async throws -> Bool
  ) async throws {
    let id = UUID()
    let (stream, continuation) = AsyncStream.makeStream(
      of: Change.self, bufferingPolicy: .bufferingNewest(Self.bufferedChanges))
    listeners.withLock { $0[id] = Listener(organizationId: organizationId, stream: continuation) }
    defer { listeners.withLock { _ = $0.removeValue(forKey: id) } }
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        await cancelWhenGracefulShutdown {
          while !Task.isCancelled {
            try? await Task.sleep(for: Self.pause(before: end))
            continuation.yield(.nothing)
          }
        }
        continuation.finish()
      }
      defer { group.cancelAll() }
      for await change in stream {
        guard try await tell(change) else { return }
      }
    }
  }

  private static func pause(before end: Date?) -> Duration {
    guard let end, end > .now else { return keepAlive }
    return min(keepAlive, .seconds(end.timeIntervalSinceNow))
  }

  func organizationChanged(_ organizationId: OrganizationID) { tell { $0.organizationId == organizationId } }
  // Changes may go unseen: whoever looks again has lost nothing.
  func feedLost(_ source: ServiceName) { tell { _ in true } }
  func feedFollowed(_ source: ServiceName) { tell { _ in true } }

  private func tell(_ isMeant: (Listener) -> Bool) {
    let meant = listeners.withLock { $0.values.filter(isMeant).map(\.stream) }
    for stream in meant { stream.yield(.tools) }
  }
}
