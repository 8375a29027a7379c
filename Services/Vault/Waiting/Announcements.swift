import Logging
import PostgreSQL
import ServiceLifecycle
import Synchronization

/// What callers can wait for.
enum Subject: Hashable, Sendable {
  case connection(String)
  case flow(String)
  case revocations
  /// The change feed has grown.
  case changes

  /// The text of a notification.
  var payload: String {
    switch self {
    case .connection(let id): "connection \(id)"
    case .flow(let id): "flow \(id)"
    case .revocations: "revocations"
    case .changes: "changes"
    }
  }

  init?(payload: String) {
    let parts = payload.split(separator: " ", maxSplits: 1).map(String.init)
    switch (parts.first, parts.dropFirst().first) {
    case ("connection", let id?): self = .connection(id)
    case ("flow", let id?): self = .flow(id)
    case ("revocations", nil): self = .revocations
    case ("changes", nil): self = .changes
    default: return nil
    }
  }
}

/// Wakes those who wait for a change that any replica makes: PostgreSQL's notifications, spread inside this process.
///
/// A notification says only that it is worth looking again. Waiters look again by themselves too, so a lost one costs time and nothing else.
final class Announcements: Service {
  static let channel: NotificationChannel = "vault"

  private typealias Listenings = [Subject: [ObjectIdentifier: Listening]]

  private let database: PostgresClient
  private let state = Mutex(Listenings())

  init(database: PostgresClient) { self.database = database }

  func run() async throws {
    await cancelWhenGracefulShutdown {
      for await notification in self.database.notifications(on: Self.channel) {
        switch notification {
        case .message(let payload):
          if let subject = Subject(payload: payload) { self.announce(subject) }
        case .reconnected: self.announceAll()
        }
      }
    }
  }

  /// Listens for the time of `body`. Listen first, then look, then wait: nothing is missed in between.
  ///
  /// A graceful shutdown wakes the waiter too: check ``isDraining``, so that a long wait does not hold up the stop.
  func listening<Result>(
    to subject: Subject, _ body: (Listening) async throws -> Result
  ) async throws -> Result {
    let listening = Listening()
    state.withLock { $0[subject, default: [:]][ObjectIdentifier(listening)] = listening }
    defer {
      state.withLock { listenings in
        listenings[subject]?[ObjectIdentifier(listening)] = nil
        if listenings[subject]?.isEmpty == true { listenings[subject] = nil }
      }
    }
    return try await withGracefulShutdownHandler {
      try await body(listening)
    } onGracefulShutdown: {
      listening.signal()
    }
  }

  /// Whether the process is stopping: waits end, and their callers ask another replica.
  static var isDraining: Bool { Task.isShuttingDownGracefully }

  private func announce(_ subject: Subject) {
    for listening in state.withLock({ Array($0[subject, default: [:]].values) }) { listening.signal() }
  }

  private func announceAll() {
    for listening in state.withLock({ $0.values.flatMap(\.values) }) { listening.signal() }
  }
}

extension PostgresTransaction {
  /// Wakes those who wait for the subject, in every replica, when the transaction commits.
  func announce(_ subject: Subject) async throws { try await notify(Announcements.channel, payload: subject.payload) }
}
