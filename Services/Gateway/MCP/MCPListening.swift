import Foundation
import MCP
import Model
import ServiceKit

/// `subscriptions/listen`: tells a client when its tools may be others, until it leaves or its credential ends.
struct MCPListening: Sendable {
  /// Servers that are listened to for one client: each takes a connection.
  private static let maximumServers = 20

  let changes: MCPChanges
  let callers: CallerDirectory
  let access: MCPAccessBroker
  let watch: MCPServerWatch

  func answer(_ call: MCPCall) async throws -> MCPAnswer {
    guard let id = call.id else { return .accepted }
    let wanted = try SubscriptionFilter(call.message)
    // Only tools are served here, so only their changes can be told.
    let given = SubscriptionFilter(toolsListChanged: wanted.toolsListChanged)
    let subscription = Subscription(id: id)
    let servers = given.toolsListChanged ? try await servers(of: call) : []
    return .stream(
      MCPStream(form: .events) { send in
        await send(EventWriter.event(subscription.acknowledged(given)))
        try await withThrowingTaskGroup(of: Void.self) { group in
          for server in servers {
            group.addTask { await watch.listen(at: server, for: call.identity) }
          }
          defer { group.cancelAll() }
          try await follow(call.identity) { isChange in
            let tells = isChange && given.toolsListChanged
            await send(tells ? EventWriter.event(subscription.toolsListChanged()) : EventWriter.keepAlive)
          }
        }
        await send(EventWriter.event(subscription.end()))
      })
  }

  private func servers(of call: MCPCall) async throws -> [MCPServerID] {
    switch call.endpoint {
    case .server(let id): [try await access.server(id, for: call.identity).id]
    case .all: try await access.servers(for: call.identity).prefix(Self.maximumServers).map(\.id)
    }
  }

  private func follow(_ identity: CallerIdentity, _ tell: (_ isChange: Bool) async -> Void) async throws {
    let (organization, end) = (identity.caller.organizationId, identity.caller.expiresAt)
    try await changes.follow(organization, until: end) { change in
      guard await isGood(identity) else { return false }
      await tell(change == .tools)
      return true
    }
  }

  /// Whether the credential still is one. While nobody can say, it counts as good: nothing but "look again" is told.
  private func isGood(_ identity: CallerIdentity) async -> Bool {
    if let end = identity.caller.expiresAt, end <= .now { return false }
    do {
      _ = try await callers.caller(identity.credential)
      return true
    } catch {
      return (error as? ServiceError)?.code != .unauthenticated
    }
  }
}
