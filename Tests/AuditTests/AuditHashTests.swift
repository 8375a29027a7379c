import Foundation
import Model
import Testing

@testable import Audit

@Suite struct AuditHashTests {
  private let row: AuditRow

  init() throws {
    row = try AuditRow(
      AuditEntry(
        id: AuditEventID(rawValue: "evt_1"), organizationId: OrganizationID(rawValue: "org_a"),
        occurredAt: Date(timeIntervalSince1970: 1_795_467_845.678901), action: "connection.token.released",
        actor: Actor(kind: .application, id: "app_1"), userId: UserID(rawValue: "usr_1"), applicationId: "app_1",
        appId: "", charmId: "chm_1", caller: .gateway, target: .init(kind: "connection", id: "con_1"),
        grantId: GrantID(rawValue: "grt_1"), requestId: "req_1",
        details: ["zweck": "ключ", "recordVersion": "7", "ä": ""]))
  }

  /// Computed once with Python's hashlib from the written format alone.
  @Test func theHashIsTheOneThatAnotherImplementationComputes() throws {
    let first = AuditHash.next(after: AuditPosition.beginning.hash, sequence: 1, row: row)
    #expect(hex(first) == "e9d8439cd46314a3140d7e69633e715828a2f949b33bda7bca25076d0374b2ac")
    let system = try AuditRow(
      AuditEntry(
        id: AuditEventID(rawValue: "evt_2"), organizationId: nil,
        occurredAt: Date(timeIntervalSince1970: -0.000001), action: "keys.rotated",
        actor: Actor(kind: .operatorCommand), outcome: .failed))
    let second = AuditHash.next(after: first, sequence: 2, row: system)
    #expect(hex(second) == "5edd5cf6e315113d46024e14af6b3ece02f62030e47955da4ec4fdaa9f053416")
  }

  @Test func everyFieldChangesTheBytes() {
    let changes: [(inout AuditRow) -> Void] = [
      { $0.chain = "org_b" }, { $0.id = "evt_2" }, { $0.occurredMicroseconds += 1 }, { $0.action += "x" },
      { $0.actorKind = "charm" }, { $0.actorId = "app_2" }, { $0.actorId = nil }, { $0.userId = "usr_2" },
      { $0.applicationId = nil }, { $0.appId = nil }, { $0.charmId = "" }, { $0.caller = "vault" },
      { $0.targetKind = "flow" }, { $0.targetId = "con_2" }, { $0.outcome = "refused" }, { $0.grantId = nil },
      { $0.requestId = "req_2" }, { $0.details["ä"] = nil }, { $0.details["ä"] = "x" }, { $0.details["b"] = "" },
      // The same letters on the other side of a border.
      { ($0.targetKind, $0.targetId) = ("connectio", "ncon_1") },
      { ($0.userId, $0.applicationId) = ("app_1", "usr_1") },
      // Missing and empty change places.
      { ($0.appId, $0.charmId) = (nil, "") },
    ]
    var all: Set<[UInt8]> = [AuditHash.canonicalBytes(row)]
    for change in changes {
      var copy = row
      change(&copy)
      all.insert(AuditHash.canonicalBytes(copy))
    }
    #expect(all.count == changes.count + 1)
  }

  @Test func entriesThatTheDatabaseCannotHoldAreRefused() {
    let invalid: [(inout AuditEntry) -> Void] = [
      { $0.requestId = "a\u{0}b" }, { $0.details = ["a": "\u{0}"] }, { $0.details = ["\u{0}": "a"] },
      { $0.appId = String(repeating: "x", count: 1_025) }, { $0.action = "" },
      { $0.details = Dictionary(uniqueKeysWithValues: (0..<33).map { ("\($0)", "") }) },
      { $0.organizationId = OrganizationID(rawValue: "org_a,org_b") },
      { $0.organizationId = OrganizationID(rawValue: "system") },
      { $0.occurredAt = Date(timeIntervalSince1970: .infinity) },
      { $0.occurredAt = Date(timeIntervalSince1970: 1e18) },
    ]
    for change in invalid {
      var entry = AuditEntry.example()
      change(&entry)
      #expect(throws: AuditError.self) { try AuditRow(entry) }
    }
  }

  @Test func anEntryHasOneJSONForm() throws {
    let entry = AuditEntry(
      id: AuditEventID(rawValue: "evt_1"), organizationId: nil, occurredAt: Date(timeIntervalSince1970: 0),
      action: "keys.rotated", actor: Actor(kind: .operatorCommand), outcome: .refused, details: ["a": "b"])
    let text = String(decoding: try WireJSON.encode(entry), as: UTF8.self)
    #expect(
      text == #"{"action":"keys.rotated","actor":{"kind":"operatorCommand"},"details":{"a":"b"},"id":"evt_1","#
        + #""occurredAt":"1970-01-01T00:00:00.000Z","outcome":"refused"}"#)
    #expect(try WireJSON.decode(AuditEntry.self, from: Data(text.utf8)) == entry)
  }

  private func hex(_ bytes: [UInt8]) -> String { bytes.map { String(format: "%02x", $0) }.joined() }
}
