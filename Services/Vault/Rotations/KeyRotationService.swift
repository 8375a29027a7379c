import Audit
import FailPoints
import FoundationEssentials
import Model
import PostgreSQL
import Sealing

/// Carries out rotations of organizations' keys: one batch of values per transaction, at a bounded rate over all vaults.
///
/// Readers are not disturbed, since every value says which key it needs. A value that is written meanwhile has its new key from its
/// writer; a row that somebody holds is left to the next walk.
struct KeyRotationService: Sendable {
  let database: PostgresClient
  let store: KeyRotationStore
  let records: RecordSealer
  let audit: AuditWriter
  /// Values per second that are written again, of one organization.
  let perSecond: Int

  /// Values per transaction: their rows are locked for some tens of milliseconds.
  private static let batch = 200
  /// Between two walks: whoever held a row has let it go by then.
  private static let pauseBetweenWalks = 1.0
  /// Rotations that are looked at per round.
  private static let rotationsPerRound = 16

  /// Does what is due.
  ///
  /// - Returns: seconds until there is more to do; nil when no rotation was due.
  func round() async throws -> Double? {
    var next: Double?
    for item in try await DueWork.keyRotation.due(limit: Self.rotationsPerRound, database: database) {
      guard let pause = try await advance(item.organization) else { continue }
      try await FailPoint.rotationStored.pass(about: item.organization)
      next = min(next ?? pause, pause)
    }
    return next
  }

  /// - Returns: the pause before the next batch; nil when there is none, or another vault is at it.
  private func advance(_ organization: String) async throws -> Double? {
    try await records.transaction(of: OrganizationID(rawValue: organization), on: database) { transaction, keys in
      guard var rotation = try await store.claim(organization, transaction: transaction) else { return nil }
      let rows = try await rotation.column.rows(
        after: rotation.afterKey, otherThan: rotation.target, limit: Self.batch, in: organization,
        transaction: transaction)
      let rewritten = try await rewrite(rows, &rotation, with: keys, transaction)
      let isEndOfColumn = rows.count < Self.batch
      let following = rotation.column.next
      if isEndOfColumn, following == nil {
        try await store.advance(rotation, rewritten: rewritten, transaction: transaction)
        return try await endWalk(rotation, transaction)
      }
      if isEndOfColumn, let following { (rotation.column, rotation.afterKey) = (following, "") }
      try await store.advance(rotation, rewritten: rewritten, transaction: transaction)
      try await FailPoint.rotationWritten.pass(about: organization)
      return try await schedule(organization, in: Double(rewritten) / Double(perSecond), transaction)
    }
  }

  private func rewrite(
    _ rows: [SealedColumn.Row], _ rotation: inout KeyRotation, with keys: HeldKeys, _ transaction: PostgresTransaction
  ) async throws -> Int {
    var new: [(key: String, sealed: [UInt8])] = []
    new.reserveCapacity(rows.count)
    for row in rows {
      do {
        new.append((row.key, try keys.reseal(row.sealed, at: row.address, under: rotation.target)))
      } catch SealingError.cannotOpen {
        rotation.unreadable += 1
      }
    }
    try await rotation.column.replace(new, in: rotation.organization, transaction: transaction)
    if let last = rows.last { rotation.afterKey = last.key }
    return new.count
  }

  /// The rotation has ended when nothing is under another key any more, save what opens under none.
  private func endWalk(_ rotation: KeyRotation, _ transaction: PostgresTransaction) async throws -> Double? {
    let organization = rotation.organization
    var left: Int64 = 0
    for column in SealedColumn.allCases {
      left += try await column.count(otherThan: rotation.target, in: organization, transaction: transaction)
    }
    guard rotation.isSettled, left <= rotation.unreadable else {
      try await store.walkAgain(organization, transaction: transaction)
      return try await schedule(organization, in: Self.pauseBetweenWalks, transaction)
    }
    try await store.finish(organization, transaction: transaction)
    try await DueWork.keyRotation.cancel(organization, of: organization, transaction: transaction)
    try await audit.append(
      AuditEntry(
        .organizationKeyRotated, on: .organizationKey(version: rotation.target),
        in: OrganizationID(rawValue: organization), for: nil, by: .vault,
        details: ["unreadable": String(rotation.unreadable)]),
      in: transaction)
    return nil
  }

  private func schedule(
    _ organization: String, in seconds: Double, _ transaction: PostgresTransaction
  ) async throws -> Double {
    try await DueWork.keyRotation.schedule(
      organization, of: organization, at: Date.now.addingTimeInterval(seconds), transaction: transaction)
    return seconds
  }
}
