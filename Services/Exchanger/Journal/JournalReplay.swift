import Logging
import Model
import ServiceKit
import ServiceLifecycle

/// Hands the journal's entries to the vault, at start and from then on, until none waits.
struct JournalReplay: Service {
  /// Between two looks at the folder; an entry waits for a vault that is down, which takes seconds at the least.
  private static let pause = Duration.seconds(2)

  let peers: PeerClients
  let journal: RefreshJournal
  let logger: Logger

  func run() async throws {
    await cancelWhenGracefulShutdown {
      while !Task.isCancelled {
        do {
          for entry in try await journal.entries() { try await replay(entry) }
        } catch {
          if Task.isCancelled { return }
          logger.warning("the journal could not be replayed yet", metadata: ["errorType": "\(type(of: error))"])
        }
        try? await Task.sleep(for: Self.pause)
      }
    }
  }

  private func replay(_ entry: ReplayRefresh) async throws {
    do {
      let commitment = try await peers.call(RefreshEndpoints.replay, entry)
      try await journal.remove(entry.lease)
      logger.notice("a journal entry was replayed", metadata: ["state": "\(commitment.state.rawValue)"])
    } catch let error as ServiceError where Self.isFinal(error) {
      // Kept for a person to look at, and out of the way of the entries behind it.
      try await journal.setAside(entry.lease)
      logger.error("the vault refuses a journal entry", metadata: ["problem": "\(error.code.rawValue)"])
    }
  }

  private static func isFinal(_ error: ServiceError) -> Bool {
    [.conflict, .invalidRequest, .connectionNotFound, .notFound].contains(error.code)
  }
}
