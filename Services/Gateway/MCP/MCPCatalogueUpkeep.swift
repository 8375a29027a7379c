import Foundation
import Logging
import Model
import ServiceLifecycle
import Synchronization

/// Fetches lists of tools again that are old, or of which their server says that they changed: with the account of whoever uses the server
/// just then, and behind their request, which goes on with the list as it is stored.
final class MCPCatalogueUpkeep: Service {
  /// Lists that wait to be fetched: one for each server and person.
  private static let maximumWaiting = 1_000
  /// Lists that are fetched at once.
  private static let workers = 4
  /// Between two attempts at one server for one person: one that lets nobody in is not asked with every call, and one that always says that it
  /// changed costs no more than this.
  private static let pause = Duration.seconds(10)
  /// Servers and people whose last attempt is remembered; beyond it all may be asked again.
  private static let maximumCount = 10_000

  private struct Key: Hashable {
    var serverId: MCPServerID
    var userId: UserID?
  }

  private struct Job: Sendable {
    var server: MCPServerAccess
    var identity: CallerIdentity
  }

  private struct Memory {
    var attempts: [Key: ContinuousClock.Instant] = [:]
    /// When a list was fetched last, where this is later than what is kept of the policy service's answer.
    var fetched: [MCPServerID: Date] = [:]
    var changed: Set<MCPServerID> = []
  }

  private let catalogue: MCPCatalogue
  private let credentials: MCPCredentials
  /// Seconds after which a list is old.
  private let maximumAge: Double
  private let logger: Logger
  private let memory = Mutex(Memory())
  private let jobs: AsyncStream<Job>
  private let submit: AsyncStream<Job>.Continuation

  init(catalogue: MCPCatalogue, credentials: MCPCredentials, maximumAgeSeconds: Int, logger: Logger) {
    self.catalogue = catalogue
    self.credentials = credentials
    maximumAge = Double(maximumAgeSeconds)
    self.logger = logger
    (jobs, submit) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(Self.maximumWaiting))
  }

  /// Somebody uses a server whose list is stored.
  func used(_ server: MCPServerAccess, by identity: CallerIdentity, now: Date = .now) {
    guard let stored = server.catalogueStoredAt, server.decision.effect == .allow else { return }
    let isDue = memory.withLock { memory in
      let last = max(stored, memory.fetched[server.id] ?? stored)
      guard memory.changed.contains(server.id) || now.timeIntervalSince(last) > maximumAge else { return false }
      return Self.mayAttempt(server.id, identity, &memory)
    }
    if isDue { submit.yield(Job(server: server, identity: identity)) }
  }

  /// The server says that its list changed.
  func changed(_ server: MCPServerAccess, for identity: CallerIdentity) {
    memory.withLock { memory in
      if memory.changed.count >= Self.maximumCount { memory.changed = [] }
      memory.changed.insert(server.id)
    }
    used(server, by: identity)
  }

  private static func mayAttempt(_ server: MCPServerID, _ identity: CallerIdentity, _ memory: inout Memory) -> Bool {
    let key = Key(serverId: server, userId: identity.caller.user?.id)
    let now = ContinuousClock.now
    if let last = memory.attempts[key], now - last < pause { return false }
    if memory.attempts.count >= maximumCount { memory.attempts = [:] }
    memory.attempts[key] = now
    return true
  }

  func run() async throws {
    await withTaskGroup(of: Void.self) { group in
      var underWay = 0
      for await job in jobs.cancelOnGracefulShutdown() {
        if underWay == Self.workers {
          await group.next()
          underWay -= 1
        }
        underWay += 1
        group.addTask { [self] in await fetch(job) }
      }
      group.cancelAll()
    }
  }

  private func fetch(_ job: Job) async {
    let id = job.server.id
    let wasChanged = memory.withLock { $0.changed.remove(id) != nil }
    do {
      // Whoever has no account yet can fetch nothing; the next one may.
      guard case .credential(let credential) = try await credentials.credential(for: job.server, job.identity),
        try await catalogue.fetch(job.server, with: credential, for: job.identity) != nil
      else { return again(id, wasChanged) }
      memory.withLock { memory in
        if memory.fetched.count >= Self.maximumCount { memory.fetched = [:] }
        memory.fetched[id] = .now
      }
    } catch {
      logger.info(
        "an MCP server's tools could not be fetched again",
        metadata: ["errorType": "\(type(of: error))", "mcpServer": "\(id)"])
      again(id, wasChanged)
    }
  }

  private func again(_ id: MCPServerID, _ wasChanged: Bool) {
    if wasChanged { memory.withLock { _ = $0.changed.insert(id) } }
  }
}
