import Deadlines
import Logging
import Model
import ServiceKit
import ServiceLifecycle

/// Something that keeps answers of other services and must drop them when they may be wrong.
protocol ChangeFollower: Sendable {
  /// Something of this organization changed.
  func organizationChanged(_ organizationId: OrganizationID)
  /// Changes that this service tells may go unseen from now on.
  func feedLost(_ source: ServiceName)
  /// Changes that this service tells are seen again from now on.
  func feedFollowed(_ source: ServiceName)
}

/// Follows the change feed of one service by long-poll, for as long as the gateway runs.
struct ChangeFeed: Service {
  /// Seconds that one poll waits for a change. Short, since it also is the heartbeat.
  private static let waitSeconds = 5
  /// Seconds beyond that after which a silent feed counts as lost, so that a connection that died without a word is noticed.
  private static let graceSeconds = 3
  /// The pause after a failed poll. Short, since nothing is kept in the meantime.
  private static let pauseAfterFailure = Duration.milliseconds(250)

  /// Whose feed it is.
  let endpoint: Endpoint<ChangeQuery, ChangePage>
  let peers: PeerClients
  let followers: [any ChangeFollower]
  let logger: Logger

  func run() async throws {
    await cancelWhenGracefulShutdown {
      while !Task.isCancelled {
        await follow()
        try? await Task.sleep(for: Self.pauseAfterFailure)
      }
    }
  }

  /// Follows until a poll fails or changes were missed.
  private func follow() async {
    defer { for follower in followers { follower.feedLost(endpoint.service) } }
    do {
      var last = try await poll(after: nil).last
      for follower in followers { follower.feedFollowed(endpoint.service) }
      logger.info("following the change feed", metadata: source)
      while !Task.isCancelled {
        let page = try await poll(after: last)
        guard page.complete else { return logger.warning("changes were missed", metadata: source) }
        for change in page.changes {
          for follower in followers { follower.organizationChanged(change.organizationId) }
        }
        last = page.last
      }
    } catch {
      guard !Task.isCancelled else { return }
      logger.warning("lost the change feed", metadata: source.merging(["type": "\(type(of: error))"]) { $1 })
    }
  }

  private var source: Logger.Metadata { ["source": "\(endpoint.service.rawValue)"] }

  private func poll(after sequence: Int64?) async throws -> ChangePage {
    let query = ChangeQuery(after: sequence, waitSeconds: sequence == nil ? 0 : Self.waitSeconds)
    return try await withDeadline(.seconds(query.waitSeconds + Self.graceSeconds)) { [peers, endpoint] in
      try await peers.call(endpoint, query)
    }
  }
}
