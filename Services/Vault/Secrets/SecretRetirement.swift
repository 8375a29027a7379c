import Audit
import FoundationEssentials
import Model
import PostgreSQL

/// Destroys a previous client secret once nothing needs it any more. Pure but for ``SecretRetirement/sweep(limit:)``.
struct SecretRetirement: Sendable {
  let database: PostgresClient
  let store: SecretStore
  let audit: AuditWriter
  /// How long a previous secret stays after it was last needed.
  let keptSeconds: Double

  /// An hour: while the provider refuses the newest secret, the one before it is all that works.
  static let patienceSeconds = 3_600.0

  /// What is known of a secret when its end is decided.
  struct Facts: Sendable {
    var version: Int64
    var createdAt: Date
    var lastUsedAt: Date?
    var isRefused: Bool
    var expiresAt: Date?
  }

  enum Reason: String, Sendable {
    /// Its own end has come.
    case expired
    /// The newest one works, and nothing has needed this one for long enough.
    case unneeded
    /// Two others have come after it.
    case replaced
  }

  enum Decision: Equatable, Sendable {
    case destroy(Reason)
    case lookAgain(Date)
  }

  static func decide(current: Facts, previous: Facts, now: Date, keptSeconds: Double) -> Decision {
    if let end = previous.expiresAt, end <= now { return .destroy(.expired) }
    let needed = max(current.createdAt, previous.lastUsedAt ?? .distantPast)
    var next = needed.addingTimeInterval(keptSeconds)
    if next <= now {
      guard current.isRefused else { return .destroy(.unneeded) }
      next = now.addingTimeInterval(patienceSeconds)
    }
    return .lookAgain(previous.expiresAt.map { min($0, next) } ?? next)
  }

  /// - Returns: how many Integrations were looked at.
  func sweep(limit: Int) async throws -> Int {
    let due = try await DueWork.secretRetirement.due(limit: limit, database: database)
    for item in due { try await look(at: item) }
    return due.count
  }

  private func look(at item: DueWork.Item) async throws {
    let organization = OrganizationID(rawValue: item.organization)
    try await database.transaction(in: VaultSchema.context(item.organization)) { transaction in
      let (versions, now) = try await store.lockClientSecrets(
        of: item.recordId, in: organization, transaction: transaction)
      guard versions.count > 1, let current = versions.first, let previous = versions.last else {
        return try await DueWork.secretRetirement.cancel(
          item.recordId, of: item.organization, transaction: transaction)
      }
      switch Self.decide(current: current, previous: previous, now: now, keptSeconds: keptSeconds) {
      case .lookAgain(let date):
        try await DueWork.secretRetirement.schedule(
          item.recordId, of: item.organization, at: date, transaction: transaction)
      case .destroy(let reason):
        try await store.destroy(
          previous.version, .clientSecret, of: item.recordId, in: organization, transaction: transaction)
        try await DueWork.secretRetirement.cancel(item.recordId, of: item.organization, transaction: transaction)
        try await audit.append(
          AuditEntry(
            .secretDestroyed, on: .secret(.clientSecret, owner: item.recordId), in: organization, for: nil,
            by: .vault, details: ["version": String(previous.version), "reason": reason.rawValue]),
          in: transaction)
      }
    }
  }
}
