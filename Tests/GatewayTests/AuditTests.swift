import Foundation
import Model
import TestSupport
import Testing

@testable import GatewayKit

/// Two trails read as one.
@Suite struct AuditTests {
  private static func record(_ service: ServiceName, _ sequence: Int64, at microseconds: Int64) -> AuditRecord {
    AuditRecord(
      service: service, sequence: sequence, hash: "", id: AuditEventID(rawValue: "evt_\(service.rawValue)\(sequence)"),
      occurredAt: Date(timeIntervalSince1970: Double(microseconds) / 1_000_000), occurredMicroseconds: microseconds,
      action: "a", actor: .init(kind: "member", id: nil), userId: nil, applicationId: nil, appId: nil, charmId: nil,
      caller: nil, target: nil, outcome: "succeeded", grantId: nil, requestId: nil, details: [:])
  }

  /// Answers as a service with so many entries does, at the times that `time` gives them.
  private static func chain(
    _ service: ServiceName, _ count: Int64, _ time: @escaping @Sendable (Int64) -> Int64
  ) -> @Sendable (AuditQuery) -> AuditRecords {
    { query in
      let numbers = stride(from: min(count, (query.before ?? .max) - 1), to: 0, by: -1).prefix(query.limit)
      return AuditRecords(items: numbers.map { record(service, $0, at: time($0)) })
    }
  }

  @Test(arguments: [1, 2, 3, 7, 50])
  func everyEntryComesOnceInTheOrderOfTimes(limit: Int) async throws {
    try await RunningGateway.with { gateway async throws in
      let policy = Self.chain(.policy, 11) { $0 * 10 }
      let vault = Self.chain(.vault, 5) { $0 * 7 + 40 }
      // Both services answer at this path; only policy is asked in a caller's name.
      gateway.neighbours.on(AuditEndpoints.listPolicy) { request in
        guard let own = try? WireJSON.decode(OnBehalf<AuditQuery>.self, from: request.body) else {
          return try .json(vault(try WireJSON.decode(AuditQuery.self, from: request.body)))
        }
        return try .json(policy(own.request))
      }
      var (found, cursor): ([AuditRecord], String?) = ([], nil)
      repeat {
        let answer = try await gateway.call(
          "GET", "/v1/audit?limit=\(limit)" + (cursor.map { "&cursor=\($0)" } ?? ""), as: "lys_owner")
        let page = try WireJSON.decode(Page<AuditRecord>.self, from: answer.body)
        #expect(page.items.count <= limit)
        found += page.items
        cursor = page.nextCursor
      } while cursor != nil
      #expect(Set(found.map(\.id)).count == 16 && found.count == 16)
      #expect(found.map(\.occurredMicroseconds) == found.map(\.occurredMicroseconds).sorted(by: >))
    }
  }

  @Test func anExportIsOnRecordFirstAndEndsWithItsCount() async throws {
    try await RunningGateway.with { gateway async throws in
      gateway.neighbours.on(AuditEndpoints.exportPolicy) { request in
        guard let query = try? WireJSON.decode(OnBehalf<AuditExportQuery>.self, from: request.body).request else {
          return try .json(AuditRecords(items: []))
        }
        let numbers = (query.after + 1...1_200).prefix(AuditExportQuery.pageSize)
        return try .json(AuditRecords(items: numbers.map { Self.record(.policy, $0, at: $0) }))
      }
      let answer = try await gateway.call("GET", "/v1/audit/export", as: "lys_owner")
      let lines = answer.text.split(separator: "\n")
      #expect(answer.status == 200 && answer.header("Content-Type") == "application/jsonl")
      #expect(lines.count == 1_201)
      #expect(lines.last == #"{"complete":true,"entries":1200}"#)
      let paths = gateway.stub.requests.map(\.path).filter { $0.hasPrefix("/internal/audit/") }
      #expect(paths.first == AuditEndpoints.beginExport.path)
      #expect(paths.count { $0 == AuditEndpoints.exportPolicy.path } == 4, "three pages of policy, one of the vault")
    }
  }

  @Test func withoutARecordNothingIsExported() async throws {
    try await RunningGateway.with { gateway async throws in
      gateway.neighbours.fail(AuditEndpoints.beginExport, ServiceError(.unavailable, "No."))
      let answer = try await gateway.call("GET", "/v1/audit/export", as: "lys_owner")
      #expect(answer.status == 503)
      #expect(!gateway.stub.requests.contains { $0.path == AuditEndpoints.exportPolicy.path })
    }
  }

  @Test func anExportThatBreaksOffHasNoLastLine() async throws {
    try await RunningGateway.with { gateway async throws in
      gateway.neighbours.fail(AuditEndpoints.exportVault, ServiceError(.unavailable, "No."))
      let answer = try? await gateway.call("GET", "/v1/audit/export", as: "lys_owner")
      #expect(answer?.text.contains("complete") != true)
    }
  }

  @Test(arguments: ["x", "a1.1", "a1.0.1", "a1.1.-1", "b1.1.1", "a1.1.1.1", ""])
  func aForeignCursorIsRefused(text: String) {
    #expect(throws: ServiceError.self) { try AuditCursor(text) }
  }

  @Test func aCursorComesBack() throws {
    var cursor = AuditCursor()
    cursor.pass(Self.record(.vault, 9, at: 1))
    #expect(try AuditCursor(cursor.text) == cursor)
    #expect(try AuditCursor(nil) == AuditCursor())
  }
}
