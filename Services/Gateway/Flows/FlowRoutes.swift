import Hummingbird
import Model
import ServiceKit
import ServiceLifecycle

/// A flow's own user watches it, by long-poll, or cancels it.
struct FlowRoutes: Sendable {
  /// Seconds that a poll may wait at most; below what proxies commonly allow.
  private static let maximumWaitSeconds = 25

  let peers: PeerClients
  let access: AccessBroker

  func add(to router: inout PublicRouter) {
    router.get("/v1/flows/{id}", query: ["wait"], status)
    router.delete("/v1/flows/{id}", cancel)
  }

  @Sendable func status(_ call: PublicCall) async throws -> PublicResponse {
    let wait = try call.query.number("wait", in: 0...Self.maximumWaitSeconds, default: 0)
    let grant = try await access.access(call.identity, purposes: [.list]).grant
    let query = FlowQuery(id: try id(call), waitSeconds: wait)
    guard wait > 0 else { return try .ok(try await peers.call(FlowEndpoints.status, query, grant: grant)) }
    let peers = peers
    let status = try await Self.whileWanted(call.request) {
      try await peers.call(FlowEndpoints.status, query, grant: grant)
    }
    return try .ok(status)
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
    let grant = try await access.access(call.identity, purposes: [.manage]).grant
    return try .ok(try await peers.call(FlowEndpoints.cancel, Reference(id: try id(call)), grant: grant))
  }

  private func id(_ call: PublicCall) throws -> FlowID { try call.id(FlowKind.self, orFail: .flowNotFound) }
}
