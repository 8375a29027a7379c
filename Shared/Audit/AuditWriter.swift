public import Logging
public import Model
public import PostgreSQL
public import ServiceLifecycle
import Synchronization

/// Records audit entries, many per commit.
///
/// While one batch is being committed the next one forms; there is no timer, so a lone entry waits for nothing. Several
/// writers, in one process or in many, continue the same chains: the heads' row locks put them in order. No two batches of one writer hold
/// the same chain, since the second would only wait for that lock, and be smaller for it.
///
/// In a service group it stands after the client: services stop in reverse order, and what waits still needs it.
public final class AuditWriter: Service {
  /// The writer's limits.
  public struct Configuration: Sendable {
    /// Batches in flight at once. Two keep the database busy while one waits for its commit; each needs a transaction
    /// connection.
    public var batchesInFlight = 2
    /// Entries per commit: bounds how long heads stay locked.
    public var batchSize = 256
    /// Entries that may wait. At a few thousand per second that is some seconds, longer than callers wait.
    public var queueCapacity = 10_000

    public init() {}
  }

  /// Tries for a batch that lost against another writer (deadlock, serialization).
  private static let maximumTries = 5
  /// Chains whose head is known to exist; about 10 MB at this size, then they are learned again.
  private static let maximumKnownChains = 100_000

  private let client: PostgresClient
  private let configuration: Configuration
  private let logger: Logger
  private let queue: AuditQueue
  private let knownChains = Mutex(Set<String>())
  /// What a ``CheckpointWriter`` has to sign.
  let moved = MovedChains()

  /// Entries that wait for a batch; for metrics.
  public var waitingCount: Int { queue.count }

  /// Starts nothing; ``run()`` does. Entries given before wait for it.
  public init(client: PostgresClient, configuration: Configuration = Configuration(), logger: Logger) {
    self.client = client
    self.configuration = configuration
    self.logger = logger
    queue = AuditQueue(capacity: configuration.queueCapacity)
  }

  /// Writes until shutdown. A graceful shutdown commits what is waiting; a cancellation turns it away.
  public func run() async throws {
    await withTaskCancellationOrGracefulShutdownHandler {
      await withTaskGroup(of: Void.self) { group in
        for _ in 0..<max(1, configuration.batchesInFlight) { group.addTask { await self.writeBatches() } }
      }
    } onCancelOrGracefulShutdown: {
      self.queue.close()
    }
    queue.closeAndRefuseWaiting()
  }

  /// Returns when the entry is durably committed. Only then may what it speaks of leave the process.
  ///
  /// - Throws: ``AuditError``, or `CancellationError` when the caller was cancelled before its entry was in a batch.
  public func append(_ entry: AuditEntry) async throws {
    try await queue.append(try AuditRow(entry))
  }

  /// Appends inside the transaction of the change that the entry speaks of: both happen or neither does.
  ///
  /// Make it the last statement. The head of the chain stays locked until the transaction ends, and a transaction that
  /// takes other locks after it can deadlock with one that does so the other way round.
  ///
  /// - Throws: ``AuditError/invalidEntry(_:)``, ``AuditError/notWritten``, or the database's error; let it end the
  ///   transaction.
  public func append(_ entry: AuditEntry, in transaction: PostgresTransaction) async throws {
    try await append([entry], in: transaction)
  }

  /// The same for several entries, at the cost of one.
  public func append(_ entries: [AuditEntry], in transaction: PostgresTransaction) async throws {
    let rows = try entries.map { try AuditRow($0) }
    guard !rows.isEmpty else { return }
    let chains = Array(Set(rows.map(\.chain)))
    try await transaction.use(AuditChain.writing(chains))
    do {
      try await AuditStore.createHeads(chains, in: transaction)
      try await AuditStore.append(rows, in: transaction)
      for chain in chains { moved.noteUncommitted(chain) }
    } catch is AuditStoreError {
      throw AuditError.notWritten
    }
  }

  private func writeBatches() async {
    while let batch = await queue.nextBatch(limit: configuration.batchSize) {
      await write(batch)
      queue.ended(batch)
    }
  }

  /// Writes a batch and tells every caller how it ended. One entry that the database refuses does not fail the others.
  private func write(_ batch: [AuditQueue.Waiting]) async {
    do {
      try await commit(batch.map(\.row))
      for entry in batch { entry.caller.resume() }
    } catch let error as PostgresError where batch.count > 1 && error.mayBeOneEntry {
      for entry in batch { await write([entry]) }
    } catch is AuditStoreError where batch.count > 1 {
      for entry in batch { await write([entry]) }
    } catch {
      logger.error("audit entries not written", metadata: ["entries": "\(batch.count)", "error": "\(reason(error))"])
      let isUnknown = error as? PostgresError == .outcomeUnknown
      for entry in batch { entry.caller.resume(throwing: isUnknown ? AuditError.outcomeUnknown : .notWritten) }
    }
  }

  private func commit(_ rows: [AuditRow]) async throws {
    let chains = Array(Set(rows.map(\.chain)))
    var tries = 0
    while true {
      tries += 1
      do {
        try await createMissingHeads(chains)
        try await client.transaction(in: AuditChain.writing(chains)) { transaction in
          try await AuditStore.append(rows, in: transaction)
        }
        return moved.note(chains, entries: rows.count)
      } catch let error as PostgresError where error.isRetryableConflict && tries < Self.maximumTries {
        continue
      } catch let error as AuditStoreError where tries == 1 {
        // A head that was there is gone, for example with its organization: look again, once.
        knownChains.withLock { $0.subtract(chains) }
        logger.warning("audit head missing", metadata: ["error": "\(type(of: error))"])
      }
    }
  }

  /// Heads are committed on their own: a batch that created some and locked others could deadlock with another one.
  private func createMissingHeads(_ chains: [String]) async throws {
    let missing = knownChains.withLock { known in chains.filter { !known.contains($0) } }
    guard !missing.isEmpty else { return }
    try await client.transaction(in: AuditChain.writing(missing)) { transaction in
      try await AuditStore.createHeads(missing, in: transaction)
    }
    knownChains.withLock { known in
      if known.count + missing.count > Self.maximumKnownChains { known = [] }
      known.formUnion(missing)
    }
  }

  /// Our database errors hold no values; of any other error only the type is safe to show.
  private func reason(_ error: any Error) -> String {
    (error as? PostgresError).map(\.description) ?? "\(type(of: error))"
  }
}

extension PostgresError {
  /// Whether one entry of a batch may be the reason: data that the server cannot hold (class 22) or a constraint
  /// (class 23), for example a chain whose head was set back.
  fileprivate var mayBeOneEntry: Bool {
    guard let state = sqlState else { return self == .invalidParameter }
    return state.errorClass == "22" || state.errorClass == "23"
  }
}
