import Deadlines
import Foundation
import Model
import Synchronization

/// Lets whoever changes something wait until this replica hears of it: then what it held of the organization has gone, and in all likelihood that
/// of the other replicas, which hear of it at the same moment.
final class ChangeEcho: ChangeFollower {
  /// The promise for every change; whoever has not heard of it by then has lost the feed, and holds nothing.
  private static let longest = Duration.seconds(1)
  private let longest: Duration

  private struct State {
    var isFollowed = false
    var waiting: [UUID: (organizationId: OrganizationID, heard: AsyncStream<Void>.Continuation)] = [:]
  }

  private let state = Mutex(State())

  init(longest: Duration = ChangeEcho.longest) { self.longest = longest }

  /// Makes the change and returns when it was heard of.
  func after<Value: Sendable>(
    _ organizationId: OrganizationID, _ change: () async throws -> Value
  ) async throws -> Value {
    let id = UUID()
    let (echo, heard) = AsyncStream<Void>.makeStream()
    let isFollowed = state.withLock { state in
      state.waiting[id] = (organizationId, heard)
      return state.isFollowed
    }
    defer { state.withLock { _ = $0.waiting.removeValue(forKey: id) } }
    let value = try await change()
    guard isFollowed else { return value }
    try? await withDeadline(longest) { for await _ in echo {} }
    return value
  }

  func organizationChanged(_ organizationId: OrganizationID) { tell { $0 == organizationId } }

  func feedLost(_ source: ServiceName) {
    state.withLock { $0.isFollowed = false }
    tell { _ in true }
  }

  func feedFollowed(_ source: ServiceName) { state.withLock { $0.isFollowed = true } }

  private func tell(_ isMeant: (OrganizationID) -> Bool) {
    let meant = state.withLock { $0.waiting.values.filter { isMeant($0.organizationId) }.map(\.heard) }
    for heard in meant { heard.finish() }
  }
}
