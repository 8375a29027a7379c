import Foundation
import Model
import PostgreSQL

@testable import Audit

/// What somebody who may write every table of the database, and knows how chains are computed, can do to one chain.
enum Manipulation: CaseIterable {
  case editField, editHash, restamp, removeEntry, removeBeginning, removeEnd, swapEntries, insertEntry, duplicateEntry
  case rewriteHead, removeHead, appendEntry
  // With every hash after it and the head computed anew, so that the chain is consistent in itself.
  case editAndRecompute, restampAndRecompute, removeAndRecompute, insertAndRecompute, swapAndRecompute
  case cutEnd, wipe, wipeAndInvent, pretendCut

  /// Does it, somewhere between the beginning and a signed place, and leaves nothing as it was.
  func apply(
    to chain: AuditChain, signed: Int64, _ random: inout some RandomNumberGenerator, _ attacker: PostgresClient
  ) async throws {
    var state = try await ChainState(chain, attacker)
    let sequence = Int64.random(in: 1..<signed, using: &random)
    let index = Int(sequence - 1)
    switch self {
    case .editField: state.edit(index, &random)
    case .editHash: state.rows[index].position.hash[Int.random(in: 0..<32, using: &random)] ^= 1
    case .restamp: state.rows[index].row.occurredMicroseconds += .random(in: 1...1_000_000, using: &random)
    case .removeEntry: state.rows.remove(at: index)
    case .removeBeginning: state.rows.removeFirst(index + 1)
    case .removeEnd: state.rows.removeSubrange(index...)
    case .swapEntries: state.swap(index, &random)
    case .insertEntry: state.insert(at: index, &random)
    case .duplicateEntry:
      state.rows.insert(state.rows[index], at: index)
      state.renumber()
    case .rewriteHead: state.head = AuditPosition(sequence: sequence, hash: state.rows[index].position.hash)
    case .removeHead: state.head = nil
    case .appendEntry:
      var forged = state.rows[index]
      forged.position.sequence = Int64(state.rows.count + 1)
      state.rows.append(forged)
    case .editAndRecompute:
      state.edit(index, &random)
      state.recompute()
    case .restampAndRecompute:
      state.rows[index].row.occurredMicroseconds -= .random(in: 1...1_000_000, using: &random)
      state.recompute()
    case .removeAndRecompute:
      state.rows.remove(at: index)
      state.recompute()
    case .insertAndRecompute:
      state.insert(at: index, &random)
      state.recompute()
    case .swapAndRecompute:
      state.swap(index, &random)
      state.recompute()
    case .cutEnd:
      state.rows.removeSubrange(index...)
      state.head = state.rows.last?.position ?? .beginning
    case .wipe:
      state.rows = []
      state.head = nil
    case .wipeAndInvent:
      for index in state.rows.indices { state.edit(index, &random) }
      state.recompute()
    case .pretendCut:
      state.start = state.rows[index].position
      state.rows.removeFirst(index + 1)
    }
    try await state.store(attacker)
  }
}

/// A chain in memory, to be changed and put back.
private struct ChainState {
  let chain: AuditChain
  var rows: [(row: AuditRow, position: AuditPosition)]
  var head: AuditPosition?
  var start: AuditPosition?

  init(_ chain: AuditChain, _ client: PostgresClient) async throws {
    self.chain = chain
    (rows, head) = try await client.transaction(in: AuditChain.context([chain.name])) { transaction in
      (
        try await AuditStore.page(of: chain.name, after: 0, limit: 100_000, in: transaction),
        try await AuditStore.head(of: chain.name, in: transaction)
      )
    }
  }

  /// Gives one field another value.
  mutating func edit(_ index: Int, _ random: inout some RandomNumberGenerator) {
    let text = "x\(UInt32.random(in: .min ... .max, using: &random))"
    switch Int.random(in: 0..<10, using: &random) {
    case 0: rows[index].row.action = text
    case 1: rows[index].row.actorId = text
    case 2: rows[index].row.userId = nil
    case 3: rows[index].row.targetId = text
    case 4: rows[index].row.outcome = text
    case 5: rows[index].row.details["reason"] = text
    case 6: rows[index].row.details = [:]
    case 7: rows[index].row.id = text
    case 8: rows[index].row.charmId = text
    default: rows[index].row.requestId = nil
    }
  }

  /// Exchanges an entry with the next one.
  mutating func swap(_ index: Int, _ random: inout some RandomNumberGenerator) {
    rows.swapAt(index, index + 1)
    renumber()
  }

  mutating func insert(at index: Int, _ random: inout some RandomNumberGenerator) {
    rows.insert(rows[index], at: index)
    edit(index, &random)
    renumber()
  }

  mutating func renumber() {
    for index in rows.indices { rows[index].position.sequence = Int64(index + 1) }
  }

  mutating func recompute() {
    var last = AuditPosition.beginning
    for index in rows.indices {
      let sequence = Int64(index + 1)
      let hash = AuditHash.next(after: last.hash, sequence: sequence, row: rows[index].row)
      last = AuditPosition(sequence: sequence, hash: hash)
      rows[index].position = last
    }
    head = last
  }

  func store(_ client: PostgresClient) async throws {
    let name = chain.name
    try await client.transaction(in: AuditChain.context([name])) { transaction in
      try await transaction.query("DELETE FROM audit_entry WHERE organization_id = \(name)")
      try await transaction.query("DELETE FROM audit_head WHERE organization_id = \(name)")
      try await AuditStore.createHeads([name], in: transaction)
      // The store's own statement moves the head only from where it stands, so it is set to what is wanted after that.
      for (row, position) in rows { try await insert(row, position, transaction) }
      if let head {
        try await transaction.query(
          "UPDATE audit_head SET seq = \(head.sequence), hash = \(head.hash) WHERE organization_id = \(name)")
      } else {
        try await transaction.query("DELETE FROM audit_head WHERE organization_id = \(name)")
      }
      if let start {
        try await transaction.query(
          "INSERT INTO audit_start (organization_id, seq, hash) VALUES (\(name), \(start.sequence), \(start.hash))")
      }
    }
  }

  private func insert(_ row: AuditRow, _ position: AuditPosition, _ transaction: PostgresTransaction) async throws {
    let details = String(decoding: try WireJSON.encode(row.details), as: UTF8.self)
    try await transaction.query(
      """
      INSERT INTO audit_entry (organization_id, seq, id, occurred_at, action, actor_kind, actor_id, user_id,
        application_id, app_id, charm_id, caller, target_kind, target_id, outcome, grant_id, request_id, details, hash)
      VALUES (\(row.chain), \(position.sequence), \(row.id),
        timestamptz 'epoch' + \(row.occurredMicroseconds)::bigint * interval '1 microsecond', \(row.action),
        \(row.actorKind), \(row.actorId), \(row.userId), \(row.applicationId), \(row.appId), \(row.charmId),
        \(row.caller), \(row.targetKind), \(row.targetId), \(row.outcome), \(row.grantId), \(row.requestId),
        \(details)::text::jsonb, \(position.hash))
      """)
  }
}
