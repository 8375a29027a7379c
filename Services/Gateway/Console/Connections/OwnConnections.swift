import Model
import ServiceKit

/// A person's own Connections, and no others, whatever their role: what the console's page about oneself shows and changes.
struct OwnConnections: Sendable {
  let management: ConnectionManagement

  func list(_ page: PageRequest, for identity: CallerIdentity) async throws -> Page<Connection> {
    let access = try await management.access.access(identity, purposes: [.list])
    return try await management.peers.call(ConnectionEndpoints.list, ListConnections(page: page), grant: access.grant)
  }

  /// - Throws: `connection_not_found`, also for another person's.
  func show(_ id: ConnectionID, for identity: CallerIdentity) async throws -> Connection {
    let access = try await management.access.access(identity, purposes: [.list])
    return try await management.peers.call(ConnectionEndpoints.show, Reference(id: id), grant: access.grant)
  }

  func uses(of id: ConnectionID, _ page: PageRequest, for identity: CallerIdentity) async throws -> Page<ConnectionUse>
  {
    try await management.uses(of: id, page: page, for: identity)
  }

  /// Does what the person wants done with one of theirs.
  ///
  /// - Returns: where the browser goes then.
  func perform(_ wish: Wish, on id: ConnectionID, for identity: CallerIdentity) async throws -> LocalPath {
    // An owner's own page is about the owner: their rights over everyone's are not used here.
    _ = try await show(id, for: identity)
    switch wish {
    case .makeDefault: _ = try await management.change(id, .makeDefault, for: identity)
    case .pause: _ = try await management.change(id, .pause, for: identity)
    case .resume: _ = try await management.change(id, .resume, for: identity)
    case .reconnect: return .connectPage(try await management.reconnect(id, for: identity).id)
    case .disconnect:
      _ = try await management.revoke(id, for: identity)
      return .connections
    }
    return .connection(id)
  }

  /// What can be done with a Connection; the last part of the form's address.
  enum Wish: String, Sendable, CaseIterable {
    case makeDefault = "default"
    case pause, resume, reconnect, disconnect
  }
}
