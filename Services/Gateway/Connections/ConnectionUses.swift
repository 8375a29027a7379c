import Model
import ServiceKit

extension ConnectionManagement {
  /// The uses of a Connection, newest first: what the vault has on record of its tokens, and each call of a tool that was made with one, which
  /// the policy service has.
  func uses(of id: ConnectionID, page: PageRequest, for identity: CallerIdentity) async throws -> Page<ConnectionUse> {
    let start = try AuditCursor(page.cursor)
    let grant = try await grant(for: identity, own: .list)
    // The vault first: it knows whose Connection it is.
    let tokens = try await peers.call(
      ConnectionEndpoints.uses, Targeted(id, PageRequest(limit: page.limit, cursor: start.vault.map(String.init))),
      grant: grant)
    let calls = try await peers.call(
      AuditEndpoints.connectionCalls,
      identity.asking(ConnectionCallQuery(connectionId: id, before: start.policy, limit: page.limit)))
    return Self.page(tokens, calls, after: start, limit: page.limit)
  }

  /// One page of two lists that are each newest first.
  static func page(
    _ tokens: Page<ConnectionUse>, _ calls: Page<ConnectionUse>, after start: AuditCursor, limit: Int
  ) -> Page<ConnectionUse> {
    var next = start
    var items: [ConnectionUse] = []
    var (left, right) = (tokens.items[...], calls.items[...])
    while items.count < limit, let use = newest(left.first, right.first) {
      if use.id == left.first?.id {
        left.removeFirst()
        next.vault = use.sequence
      } else {
        right.removeFirst()
        next.policy = use.sequence
      }
      items.append(use)
    }
    let isLast = left.isEmpty && right.isEmpty && tokens.nextCursor == nil && calls.nextCursor == nil
    return Page(items: items, nextCursor: isLast ? nil : next.text)
  }

  private static func newest(_ first: ConnectionUse?, _ second: ConnectionUse?) -> ConnectionUse? {
    guard let first, let second else { return first ?? second }
    return first.occurredAt >= second.occurredAt ? first : second
  }
}
