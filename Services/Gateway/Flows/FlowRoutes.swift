import Hummingbird
import Model
import ServiceKit
import ServiceLifecycle

/// A flow's own user watches it, by long-poll, or cancels it.
struct FlowRoutes: Sendable {
  /// Seconds that a poll may wait at most; below what proxies commonly allow.
  private static let maximumWaitSeconds = 25
  /// Polls that one person may have waiting at once: one per tab and popup. Each holds a connection to the vault.
  private static let maximumWaiting = 8

  let peers: PeerClients
  let access: AccessBroker
  private let waiting = ConcurrencyLimiter<UserID>(maximum: maximumWaiting)

  init(peers: PeerClients, access: AccessBroker) {
    self.peers = peers
    self.access = access
  }

  func add(to router: inout PublicRouter) {
    router.get("/v1/flows/{id}", query: ["wait"], status)
    router.delete("/v1/flows/{id}", cancel)
  }

  @Sendable func status(_ call: PublicCall) async throws -> PublicResponse {
    let wait = try call.query.number("wait", in: 0...Self.maximumWaitSeconds, default: 0)
    let grant = try await access.access(call.identity, purposes: [.watch]).grant
    let query = FlowQuery(id: try id(call), waitSeconds: wait)
    guard wait > 0 else { return try .ok(try await peers.call(FlowEndpoints.status, query, grant: grant)) }
    guard let user = call.identity.caller.user else {
      throw ServiceError(.forbidden, "Flows belong to members; use a member's session.")
    }
    let peers = peers
    return try .ok(
      try await waiting.run(user.id) {
        try await Self.whileWanted(call.request) { try await peers.call(FlowEndpoints.status, query, grant: grant) }
      })
  }

  /// A poll ends when the one who waits has gone, or when this process is asked to stop: nobody would read the answer.
  private static func whileWanted<Value: Sendable>(
    _ request: Request, _ work: @escaping @Sendable () async throws -> Value
  ) async throws -> Value {
    try await request.body.consumeWithCancellationOnInboundClose { _ in
      try await cancelWhenGracefulShutdown(work)
    }
  }

  @Sendable func cancel(_ call: PublicCall) async throws -> PublicResponse {
    let grant = try await access.access(call.identity, purposes: [.watch]).grant
    return try .ok(try await peers.call(FlowEndpoints.cancel, Reference(id: try id(call)), grant: grant))
  }

  private func id(_ call: PublicCall) throws -> FlowID { try call.id(FlowKind.self, orFail: .flowNotFound) }
}
