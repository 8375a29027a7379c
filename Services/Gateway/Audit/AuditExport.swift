import FoundationEssentials
import Hummingbird
import Model
import NIOCore
import ServiceKit

/// Writes the trails of both services, one after the other, as JSON Lines.
///
/// Pages are asked for while the client reads: whatever the trail's length, one page is in memory. A caller whose credential ends meanwhile gets
/// no further page, and the missing last line says that something is missing.
struct AuditExport: Sendable {
  /// The last line: whoever reads a copy knows by it that it is whole.
  struct End: Codable, Sendable {
    var complete = true
    var entries: Int
  }

  let peers: PeerClients
  let access: AccessBroker
  let from: Date?
  let to: Date?

  /// Puts the export on record and begins it. What stands in its way is thrown here, before anything is sent.
  func begin(for identity: CallerIdentity) async throws -> PublicResponse {
    _ = try await peers.call(AuditEndpoints.beginExport, identity.asking(BeginAuditExport(from: from, to: to)))
    _ = try await access.access(identity, purposes: [.administer])
    let body = ResponseBody { writer in
      var entries = 0
      for service in [ServiceName.policy, .vault] {
        var last: Int64 = 0
        while true {
          let page = try await page(of: service, after: last, for: identity)
          try await writer.write(try Self.lines(page))
          entries += page.count
          guard page.count == AuditExportQuery.pageSize, let end = page.last else { break }
          last = end.sequence
        }
      }
      try await writer.write(try Self.lines([End(entries: entries)]))
      try await writer.finish(nil)
    }
    return .stream(body, contentType: "application/jsonl")
  }

  private func page(
    of service: ServiceName, after last: Int64, for identity: CallerIdentity
  ) async throws -> [AuditRecord] {
    let query = AuditExportQuery(from: from, to: to, after: last)
    guard service == .vault else {
      return try await peers.call(AuditEndpoints.exportPolicy, identity.asking(query)).items
    }
    let grant = try await access.access(identity, purposes: [.administer]).grant
    return try await peers.call(AuditEndpoints.exportVault, query, grant: grant).items
  }

  private static func lines(_ values: [some Encodable]) throws -> ByteBuffer {
    var buffer = ByteBuffer()
    for value in values {
      buffer.writeBytes(try WireJSON.encode(value))
      buffer.writeString("\n")
    }
    return buffer
  }
}
