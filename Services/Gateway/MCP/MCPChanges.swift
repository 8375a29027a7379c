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

  /// Runs until the listener leaves or the gateway is asked to stop.
  func follow(_ organizationId: OrganizationID, _ tell: (Change) async throws -> Void) async throws {
    let id = UUID()
    let (stream, continuation) = AsyncStream.makeStream(
      of: Change.self, bufferingPolicy: .bufferingNewest(Self.bufferedChanges))
    listeners.withLock { $0[id] = Listener(organizationId: organizationId, stream: continuation) }
    defer { listeners.withLock { _ = $0.removeValue(forKey: id) } }
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        await cancelWhenGracefulShutdown {
          while !Task.isCancelled {
            try? await Task.sleep(for: Self.keepAlive)
            continuation.yield(.nothing)
          }
        }
        continuation.finish()
      }
      defer { group.cancelAll() }
      for await change in stream { try await tell(change) }
    }
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
