import Logging
import Model
import Providers
import ServiceKit
import ServiceLifecycle

/// Works off the vault's revocation tasks for as long as the exchanger runs. Any number of replicas may do so at once.
struct RevocationWorker: Service {
  /// Tasks taken at a time: few, so that replicas share a large revocation evenly.
  private static let batchSize = 8
  /// Seconds that one claim waits for work.
  private static let waitSeconds = 20
  /// The pause after a claim that failed.
  private static let pauseAfterFailure = Duration.seconds(1)

  let peers: PeerClients
  let resolver: ProviderResolver
  let revoker: TokenRevoker
  let logger: Logger

  func run() async throws {
    await cancelWhenGracefulShutdown {
      while !Task.isCancelled {
        do {
          try await workOff(
            try await peers.call(
              RevocationEndpoints.claim, ClaimRevocations(limit: Self.batchSize, waitSeconds: Self.waitSeconds)))
        } catch {
          if Task.isCancelled { return }
          logger.warning("no revocation work could be had", metadata: ["errorType": "\(type(of: error))"])
          try? await Task.sleep(for: Self.pauseAfterFailure)
        }
      }
    }
  }

  private func workOff(_ tasks: [RevocationTask]) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for task in tasks {
        group.addTask {
          let outcome = await outcome(of: task)
          _ = try await peers.call(
            RevocationEndpoints.finish,
            ReportRevocation(
              organizationId: task.organizationId, connectionId: task.connectionId, fence: task.fence,
              state: outcome.state, reason: outcome.reason, retryAfter: outcome.retryAfter))
        }
      }
      try await group.waitForAll()
    }
  }

  private func outcome(of task: RevocationTask) async -> TokenRevoker.Outcome {
    do {
      let configuration = try await peers.call(
        IntegrationEndpoints.client,
        ClientReference(organizationId: task.organizationId, integrationId: task.integrationId))
      let client = LiveClient(
        id: configuration.clientId, secret: task.clientSecret, versions: task.secretVersions)
      return await revoker.revoke(
        accessToken: task.accessToken?.secret, refreshToken: task.refreshToken?.secret,
        at: try resolver.resolve(configuration), clients: client.attempts.map(\.credentials),
        providerAccountId: task.providerAccountId)
    } catch let error as ServiceError where error.code != .integrationNotFound {
      return TokenRevoker.Outcome(state: .pending, reason: error.code.rawValue)
    } catch {
      return TokenRevoker.Outcome(state: .failed, reason: "integration_gone")
    }
  }
}
