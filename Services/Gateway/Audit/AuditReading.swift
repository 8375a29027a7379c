import Model
import ServiceKit

/// Reads the trails of both services as one.
struct AuditReading: Sendable {
  let peers: PeerClients
  let access: AccessBroker

  /// A page, newest first. Each service is asked for a whole page, since all of it may be newer than what the other has.
  func page(_ filter: AuditFilter, _ page: PageRequest, for identity: CallerIdentity) async throws -> Page<AuditRecord>
  {
    let limit = page.limit
    let start = try AuditCursor(page.cursor)
    async let policy = peers.call(
      AuditEndpoints.listPolicy, identity.asking(AuditQuery(filter: filter, before: start.policy, limit: limit)))
    let grant = try await access.access(identity, purposes: [.administer]).grant
    async let vault = peers.call(
      AuditEndpoints.listVault, AuditQuery(filter: filter, before: start.vault, limit: limit), grant: grant)
    let (own, others) = (try await policy.items, try await vault.items)
    let items = Array(Self.merge(own, others).prefix(limit))
    var next = start
    for item in items { next.pass(item) }
    let isLast = own.count + others.count <= limit && own.count < limit && others.count < limit
    return Page(items: items, nextCursor: isLast ? nil : next.text)
  }

  /// Merges two lists that are each in the order of their chain. Their clocks may differ, so the order of a chain goes before that of times.
  static func merge(_ first: [AuditRecord], _ second: [AuditRecord]) -> [AuditRecord] {
    var merged: [AuditRecord] = []
    merged.reserveCapacity(first.count + second.count)
    var (left, right) = (first[...], second[...])
    while let one = left.first, let other = right.first {
      if one.occurredMicroseconds >= other.occurredMicroseconds {
        merged.append(one)
        left.removeFirst()
      } else {
        merged.append(other)
        right.removeFirst()
      }
    }
    return merged + left + right
  }
}
