import Deadlines
import FoundationEssentials
import Logging
import Model
import PostgreSQL
import ServiceLifecycle
import Synchronization

/// Answers readers of the change feed: at once when there is something, otherwise when there is or their time is over.
final class ChangeFeed: Service {
  private let store: ChangeStore
  private let logger: Logger
  private let waiting = Mutex(Waiting())

  private struct Waiting {
    var readers: [UInt64: AsyncStream<Void>.Continuation] = [:]
    var next: UInt64 = 0
    var isClosed = false
  }

  init(store: ChangeStore, logger: Logger) {
    self.store = store
    self.logger = logger
  }

  /// Listens for commits of any replica and wakes the readers. Also clears the feed's past.
  func run() async throws {
    await withTaskGroup(of: Void.self) { group in
      group.addTask {
        // A lost connection may have lost notifications too: every element is a reason to look.
        for await _ in self.store.database.notifications(on: ChangeStore.channel).cancelOnGracefulShutdown() {
          self.wakeReaders()
        }
      }
      group.addTask { await self.clearRegularly() }
      await group.next()
      group.cancelAll()
    }
    close()
  }

  /// Changes after a sequence number; without one, only the newest number.
  func poll(_ query: ChangeQuery) async throws -> ChangePage {
    guard let after = query.after else {
      return ChangePage(changes: [], last: try await store.last(), complete: true)
    }
    guard (0...PolicyLimits.changeWaitSeconds).contains(query.waitSeconds) else {
      throw ServiceError(.invalidRequest, "waitSeconds must be 0 to \(PolicyLimits.changeWaitSeconds).")
    }
    // Listening begins before the first look, so nothing falls between the two.
    let reader = join()
    defer { leave(reader.id) }
    let deadline = ContinuousClock.now + .seconds(query.waitSeconds)
    var page = try await store.page(after: after)
    while page.complete, page.changes.isEmpty, await reader.wakes(before: deadline) {
      page = try await store.page(after: after)
    }
    return page
  }

  private func clearRegularly() async {
    // Once in a sixth of the retention is often enough for the table to stay small.
    let interval = Duration.seconds(PolicyLimits.changeRetentionSeconds / 6)
    for await _ in Ticks(every: interval).cancelOnGracefulShutdown() {
      do {
        try await store.clear(before: Date(timeIntervalSinceNow: -Double(PolicyLimits.changeRetentionSeconds)))
      } catch {
        logger.warning("old changes were not cleared", metadata: ["error": "\(type(of: error))"])
      }
    }
  }

  private func join() -> ChangeReader {
    let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    return waiting.withLock { waiting in
      if waiting.isClosed { continuation.finish() }
      waiting.next += 1
      waiting.readers[waiting.next] = continuation
      return ChangeReader(id: waiting.next, wakeUps: stream)
    }
  }

  private func leave(_ id: UInt64) { waiting.withLock { $0.readers[id] = nil } }

  private func wakeReaders() {
    for reader in waiting.withLock({ Array($0.readers.values) }) { reader.yield() }
  }

  /// Sends everyone home: a stopping service does not keep its callers for the rest of their wait.
  private func close() {
    let readers = waiting.withLock { waiting in
      waiting.isClosed = true
      return Array(waiting.readers.values)
    }
    for reader in readers { reader.finish() }
  }
}

/// One waiting reader of the feed.
private struct ChangeReader: Sendable {
  let id: UInt64
  let wakeUps: AsyncStream<Void>

  /// Waits to be woken. Returns false when the deadline comes first, when the feed closes, or when the service begins to
  /// stop: a poll may wait longer than a stopping service.
  func wakes(before deadline: ContinuousClock.Instant) async -> Bool {
    await withTaskGroup(of: Bool.self) { group in
      group.addTask { await wakeUps.first { _ in true } != nil }
      group.addTask {
        try? await pause(for: ContinuousClock.now.duration(to: deadline))
        return false
      }
      group.addTask {
        try? await gracefulShutdown()
        return false
      }
      let woken = await group.next() ?? false
      group.cancelAll()
      return woken
    }
  }
}
