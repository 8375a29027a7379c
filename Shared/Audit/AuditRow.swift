import FoundationEssentials
import Model
import PostgreSQL

/// An entry as the table holds it: texts and numbers, also where a newer version wrote what this one has no type for.
struct AuditRow: Sendable, Hashable {
  var chain: String
  var id: String
  /// Since 1970 in UTC. A whole number, because a time that is rounded on its way has another hash.
  var occurredMicroseconds: Int64
  var action: String
  var actorKind: String
  var actorId: String?
  var userId: String?
  var applicationId: String?
  var appId: String?
  var charmId: String?
  var caller: String?
  var targetKind: String?
  var targetId: String?
  var outcome: String
  var grantId: String?
  var requestId: String?
  var details: [String: String]
}

extension AuditRow {
  /// Bytes of one text. Entries are names and reasons, and their readers show them in one line.
  static let maximumTextBytes = 1_024
  /// Facts of one entry.
  private static let maximumDetails = 32
  private static let microsecondsPerSecond = 1_000_000.0
  /// Years 1 to 9999 or so: what both sides can hold.
  private static let secondsRange = -62_000_000_000.0...253_000_000_000.0

  /// - Throws: ``AuditError/invalidEntry(_:)`` when the database could not hold the entry: better here than in the
  ///   middle of a batch with others' entries.
  init(_ entry: AuditEntry) throws {
    let seconds = entry.occurredAt.timeIntervalSince1970
    guard Self.secondsRange.contains(seconds) else { throw AuditError.invalidEntry("occurredAt is out of range") }
    chain = (entry.organizationId.map { .organization($0) } ?? AuditChain.system).name
    if let organization = entry.organizationId, OrganizationID(validating: organization.rawValue) == nil {
      throw AuditError.invalidEntry("organizationId is not an identifier")
    }
    id = entry.id.rawValue
    occurredMicroseconds = Int64((seconds * Self.microsecondsPerSecond).rounded())
    action = entry.action
    actorKind = entry.actor.kind.rawValue
    actorId = entry.actor.id
    userId = entry.userId?.rawValue
    applicationId = entry.applicationId
    appId = entry.appId
    charmId = entry.charmId
    caller = entry.caller?.rawValue
    targetKind = entry.target?.kind
    targetId = entry.target?.id
    outcome = entry.outcome.rawValue
    grantId = entry.grantId?.rawValue
    requestId = entry.requestId
    details = entry.details
    try check()
  }

  private func check() throws {
    guard !action.isEmpty else { throw AuditError.invalidEntry("action is empty") }
    guard details.count <= Self.maximumDetails else { throw AuditError.invalidEntry("too many details") }
    let optional = [
      actorId, userId, applicationId, appId, charmId, targetKind, targetId, grantId, requestId,
    ]
    let texts = [id, action] + optional.compactMap { $0 } + details.flatMap { [$0.key, $0.value] }
    for text in texts {
      guard text.utf8.count <= Self.maximumTextBytes else { throw AuditError.invalidEntry("a text is too long") }
      // PostgreSQL's text cannot hold it.
      guard !text.utf8.contains(0) else { throw AuditError.invalidEntry("a text contains U+0000") }
    }
  }
}
