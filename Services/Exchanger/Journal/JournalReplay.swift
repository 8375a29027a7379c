import FailPoints
import Logging
import Model
import ServiceKit
import ServiceLifecycle

/// Hands the journal's entries to the vault, at start and from then on, until none waits.
struct JournalReplay: Service {
  /// Between two looks at the folder. The vault holds leases that were interrupted by its database for ten seconds, so that the answers to them
  /// come first: this must stay well below.
  private static let pause = Duration.seconds(2)
  /// Entries under way at a time.
  private static let width = 4

  let peers: PeerClients
  let journal: RefreshJournal
  let logger: Logger

  func run() async throws {
    await cancelWhenGracefulShutdown {
      while !Task.isCancelled {
        do {
          await replay(try await journal.entries())
        } catch {
          if Task.isCancelled { return }
          logger.warning("the journal could not be read", metadata: ["errorType": "\(type(of: error))"])
        }
        try? await Task.sleep(for: Self.pause)
      }
    }
  }

  /// Each entry by itself: one that cannot be stored yet must not keep the others back, whose leases go on only as long as they are tried.
  private func replay(_ entries: [ReplayRefresh]) async {
    await withTaskGroup(of: Void.self) { group in
      for (index, entry) in entries.enumerated() {
        if index >= Self.width { await group.next() }
        group.addTask {
          do {
            try await replay(entry)
          } catch {
            if Task.isCancelled { return }
            logger.warning(
              "a journal entry could not be replayed yet", metadata: ["errorType": "\(type(of: error))"])
          }
        }
      }
    }
  }

  private func replay(_ entry: ReplayRefresh) async throws {
    do {
      let commitment = try await peers.call(RefreshEndpoints.replay, entry)
      try await FailPoint.replayStored.pass(about: entry.lease.connectionId.rawValue)
      try await journal.remove(entry.lease)
      logger.notice("a journal entry was replayed", metadata: ["outcome": "\(commitment.state.rawValue)"])
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
