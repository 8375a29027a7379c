public import FoundationEssentials
public import Logging
import Metrics
public import Model
import NIOPosix
public import PostgreSQL
public import ServiceLifecycle
public import ServiceTokens
import Synchronization

/// Signs where the chains are and writes it down outside the database, for as long as the service runs.
///
/// A start signs every chain once: a process that was killed may have left entries unsigned. After that come the chains that this process adds to,
/// at an interval and whenever enough entries were added. A failure is logged and counted, and the same chains are signed by the next round: the
/// service goes on, since an unsigned minute does less harm than an organization whose agents stand still.
///
/// In a service group it stands between the client and the ``AuditWriter``, so that it signs what the writer writes last.
public final class CheckpointWriter: Service {
  /// When chains are signed.
  public struct Configuration: Sendable {
    public var interval: Duration
    /// Entries after which the chains are signed before the interval is over.
    public var entries: Int

    public init(interval: Duration, entries: Int) {
      self.interval = interval
      self.entries = entries
    }
  }

  /// Chains asked for, signed and flushed at a time: bounds memory and the length of a statement.
  private static let pageSize = 500
  /// Chains whose last signed place is remembered, so that none is signed twice; about 10 MB.
  private static let maximumRemembered = 100_000

  private let database: PostgresClient
  private let file: CheckpointFile
  private let service: ServiceName
  private let signer: StatementSigner
  private let moved: MovedChains
  private let configuration: Configuration
  private let now: @Sendable () -> Date
  private let logger: Logger
  private let written = Counter(label: "lanyard_audit_checkpoints")
  private let failures = Counter(label: "lanyard_audit_checkpoint_failures")
  private let signed = Mutex([String: Int64]())

  /// - Parameters:
  ///   - writer: whose chains are signed.
  ///   - file: prepared.
  public init(
    of writer: AuditWriter, database: PostgresClient, to file: CheckpointFile, service: ServiceName,
    signer: StatementSigner, configuration: Configuration, now: @escaping @Sendable () -> Date = { Date() },
    logger: Logger
  ) {
    self.database = database
    self.file = file
    self.service = service
    self.signer = signer
    self.configuration = configuration
    self.now = now
    self.logger = logger
    moved = writer.moved
  }

  public func run() async throws {
    let (rounds, next) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    moved.watch(limit: configuration.entries) { next.yield() }
    await cancelWhenGracefulShutdown {
      await withTaskGroup(of: Void.self) { group in
        group.addTask {
          while !Task.isCancelled {
            try? await Task.sleep(for: self.configuration.interval)
            next.yield()
          }
        }
        var knowsAll = await self.signAll()
        for await _ in rounds {
          if !knowsAll { knowsAll = await self.signAll() }
          await self.signMoved()
        }
        group.cancelAll()
      }
    }
    await signMoved()
  }

  /// - Returns: whether it could.
  private func signAll() async -> Bool {
    await reporting {
      var last = ""
      while true {
        let heads = try await AuditStore.heads(after: last, limit: Self.pageSize, client: self.database)
        try await self.sign(heads)
        guard heads.count == Self.pageSize, let name = heads.last?.chain.name else { return }
        last = name
      }
    }
  }

  private func signMoved() async {
    var chains = moved.take().sorted()[...]
    let isComplete = await reporting {
      while !chains.isEmpty {
        let page = Array(chains.prefix(Self.pageSize))
        try await self.sign(try await AuditStore.heads(of: page, client: self.database))
        chains = chains.dropFirst(page.count)
      }
    }
    if !isComplete { moved.note(chains, entries: 0) }
  }

  private func sign(_ heads: [AuditHead]) async throws {
    let new = signed.withLock { signed in heads.filter { signed[$0.chain.name] != $0.position.sequence } }
    let lines = try new.filter { $0.position.sequence > 0 }.map { head in
      try Checkpoint(of: head.chain, at: head.position, service: service, now: now(), by: signer).line()
    }
    guard !lines.isEmpty else { return }
    let file = file
    try await NIOThreadPool.singleton.runIfActive { try file.append(lines) }
    written.increment(by: lines.count)
    signed.withLock { signed in
      if signed.count + new.count > Self.maximumRemembered { signed = [:] }
      for head in new { signed[head.chain.name] = head.position.sequence }
    }
  }

  /// - Returns: whether the work was done.
  private func reporting(_ work: () async throws -> Void) async -> Bool {
    do {
      try await work()
      return true
    } catch is CancellationError {
      return false
    } catch {
      failures.increment()
      // The texts of these two hold paths and states, never values.
      let reason = (error as? CheckpointFileError)?.description ?? (error as? PostgresError)?.description
      logger.error("audit checkpoints not written", metadata: ["error": "\(reason ?? "\(type(of: error))")"])
      return false
    }
  }
}
