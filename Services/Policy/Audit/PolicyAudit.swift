import Audit
import Model
import PostgreSQL

/// Writes the policy service's audit rows.
struct PolicyAudit: Sendable {
  let writer: AuditWriter

  /// Records a fact in the transaction of the change that it speaks of.
  func record(_ fact: AuditFact, by origin: AuditOrigin, in transaction: PostgresTransaction) async throws {
    try await writer.append(entry(fact, origin), in: transaction)
  }

  /// Records a fact and returns when it is committed. What it speaks of must not leave the process before.
  func record(_ fact: AuditFact, by origin: AuditOrigin) async throws {
    try await writer.append(entry(fact, origin))
  }

  /// Records facts and returns when all are committed; the writer puts them into as few commits as it can.
  func record(_ facts: [AuditFact], by origin: AuditOrigin) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for fact in facts { group.addTask { try await record(fact, by: origin) } }
      try await group.waitForAll()
    }
  }

  private func entry(_ fact: AuditFact, _ origin: AuditOrigin) -> AuditEntry {
    var details = fact.details
    details["clientAuthorizationId"] = origin.clientAuthorizationId?.rawValue
    // A member is their own agent: named in both places, also in what is done later on their behalf.
    let person = origin.userId ?? fact.person ?? origin.actor.member
    let actor = origin.actor.kind == .member ? Actor(kind: .member, id: person?.rawValue) : origin.actor
    return AuditEntry(
      organizationId: origin.organizationId, action: fact.action.rawValue, actor: actor, userId: person,
      applicationId: fact.application?.applicationId, appId: fact.application?.appId,
      charmId: origin.actor.kind == .charm ? origin.actor.id : nil, caller: origin.service,
      target: fact.targetId.map { AuditEntry.Target(kind: fact.targetKind, id: $0) },
      outcome: fact.isRefusal ? .refused : .succeeded, grantId: fact.grant, requestId: origin.requestId,
      details: details)
  }
}

extension PolicyAudit {
  /// Lets owners, admins and API keys made for it pass; every other attempt is recorded before it is refused.
  /// - Throws: `forbidden`.
  func requireConfiguration(_ principal: Principal, attempt: String) async throws {
    do {
      try principal.requireConfiguration()
    } catch {
      try await record(
        AuditFact(
          action: .configurationRefused, targetKind: "organization", targetId: principal.organizationId.rawValue,
          isRefusal: true, details: ["attempt": attempt]),
        by: principal.origin)
      throw error
    }
  }
}
