import Audit
import Logging
import Model
import ServiceTokens
import Synchronization

/// Writes refused grants into the audit trail, at a bounded rate: a flood of refusals must not become a flood of rows.
final class RefusalTrail: Sendable {
  /// Rows a second for each organization; a person's mistake makes one or two.
  static let perSecond = 5.0
  /// Organizations whose rate is remembered; then all start afresh.
  private static let maximumOrganizations = 10_000

  private let audit: AuditWriter
  private let logger: Logger
  private let rates = Mutex<[String: RateLimit]>([:])

  init(audit: AuditWriter, logger: Logger) {
    self.audit = audit
    self.logger = logger
  }

  /// A grant of the policy service that was not enough for what was asked.
  func record(_ mismatch: GrantMismatch, _ service: ServiceName, _ requestId: String, _ route: String) async {
    let grant = mismatch.grant
    let details = ["reason": mismatch.reason.rawValue, "route": route]
    await append(
      AuditEntry(
        organizationId: grant.organizationId, action: VaultAction.grantRefused.rawValue, actor: grant.actor,
        userId: grant.userId, applicationId: grant.scope?.applicationId, appId: grant.scope?.appId, caller: service,
        outcome: .refused, grantId: grant.id, requestId: requestId, details: details),
      reason: mismatch.reason.rawValue, route)
  }

  /// No grant, or none that holds: nobody knows whose it is.
  func record(_ refused: GrantRefused, _ service: ServiceName, _ requestId: String, _ route: String) async {
    await append(
      AuditEntry(
        organizationId: nil, action: VaultAction.grantRefused.rawValue,
        actor: Actor(kind: .service, id: service.rawValue), caller: service, outcome: .refused, requestId: requestId,
        details: ["reason": "\(refused.reason)", "route": route]),
      reason: "\(refused.reason)", route)
  }

  private func append(_ entry: AuditEntry, reason: String, _ route: String) async {
    logger.warning("grant refused", metadata: ["reason": "\(reason)", "route": "\(route)"])
    let chain = entry.organizationId?.rawValue ?? "system"
    let rate = rates.withLock { rates -> RateLimit in
      if let known = rates[chain] { return known }
      if rates.count >= Self.maximumOrganizations { rates = [:] }
      let new = RateLimit(perSecond: Self.perSecond)
      rates[chain] = new
      return new
    }
    guard rate.take() else { return }
    do {
      try await audit.append(entry)
    } catch {
      // The call is refused in any case.
      logger.error("refusal not recorded", metadata: ["type": "\(type(of: error))"])
    }
  }
}
