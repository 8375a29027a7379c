import Audit
import Model

/// On whose behalf a refresh begins.
enum RefreshAsker: Sendable {
  /// Somebody needs the token now, under a grant.
  case caller(Authority)
  /// Nobody: the Connection is due, and an exchanger has asked for work.
  case queue(RefreshSchedule.Reason, AuditEntry.Caller)

  var priority: ProviderWeather.Priority {
    switch self {
    case .caller: .caller
    case .queue: .queue
    }
  }

  /// The entry of the lease. Without a caller it is the service's own doing, for the Connection's person.
  func begun(_ record: ConnectionRecord, fence: Int64) -> AuditEntry {
    var details = ["fence": String(fence), "generation": String(record.generation)]
    switch self {
    case .caller(let authority):
      return AuditEntry(.refreshBegun, on: .connection(record.id), under: authority, details: details)
    case .queue(let reason, let caller):
      details["due"] = reason.rawValue
      return AuditEntry(
        .refreshBegun, on: .connection(record.id), in: record.organizationId, for: record.connection.userId,
        scope: record.connection.scope, by: caller, details: details)
    }
  }
}
