import Logging
import Model
import ServiceKit
import ServiceLifecycle

/// Delivers the policy service's messages for as long as the exchanger runs. Any number of replicas may do so at once.
struct NotificationWorker: Service {
  /// Messages taken at a time; they are sent at once, so that a slow receiver holds up few.
  private static let batchSize = 16
  /// Seconds that one claim waits for work.
  private static let waitSeconds = 20
  /// The pause after a claim that failed.
  private static let pauseAfterFailure = Duration.seconds(1)

  let peers: PeerClients
  let sender: NotificationSender
  let logger: Logger

  func run() async throws {
    await cancelWhenGracefulShutdown {
      while !Task.isCancelled {
        do {
          try await deliver(
            try await peers.call(
              NotificationEndpoints.claim, ClaimNotifications(limit: Self.batchSize, waitSeconds: Self.waitSeconds)))
        } catch {
          if Task.isCancelled { return }
          logger.warning("no notifications could be had", metadata: ["errorType": "\(type(of: error))"])
          try? await Task.sleep(for: Self.pauseAfterFailure)
        }
      }
    }
  }

  private func deliver(_ messages: [DueNotification]) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for message in messages {
        group.addTask { _ = try await peers.call(NotificationEndpoints.report, await sender.send(message)) }
      }
      try await group.waitForAll()
    }
  }
}
