import Foundation
import Model
import Synchronization
import TestSupport

/// What a stub of the vault answers to the policy service. It keeps nothing; tests look at the requests.
final class VaultStub: Sendable {
  private let failures = Mutex<[String: ServiceError]>([:])

  /// What the outbox holds until it is acknowledged.
  let events = Mutex<[VaultEvent]>([])

  /// What it counts, whatever it is asked.
  let connections = Mutex(Counted<ConnectionID>(count: 0, first: []))

  /// Lets calls to a path fail from now on.
  func fail(_ path: String, with error: ServiceError?) { failures.withLock { $0[path] = error } }

  func answer(_ request: StubService.Request) throws -> StubService.Answer {
    if let failure = failures.withLock({ $0[request.path] }) { return try .problem(failure) }
    switch request.path {
    case SecretEndpoints.put.path: return try .json(StoredSecret(version: 1))
    case SecretEndpoints.delete.path: return try .json(Empty())
    case SecretEndpoints.signWebhook.path: return try .json(SignedWebhook(signature: "v1,stub"))
    case VaultEventEndpoints.claim.path: return try .json(events.withLock { $0 })
    case VaultEventEndpoints.acknowledge.path:
      let taken = try WireJSON.decode(AcknowledgeEvents.self, from: request.body).events.map(\.id)
      events.withLock { $0.removeAll { taken.contains($0.id) } }
      return try .json(Empty())
    case ConnectionEndpoints.count.path: return try .json(connections.withLock { $0 })
    case RevocationEndpoints.create.path: return try .json(StartedRevocation(id: .random()))
    default: return StubService.Answer(status: 404)
    }
  }
}

extension StubService {
  /// The bodies of the calls to an endpoint, in order of arrival.
  func received<Request: Decodable, Response>(_ endpoint: Endpoint<Request, Response>) throws -> [Request] {
    try requests.filter { $0.path == endpoint.path }.map { try WireJSON.decode(Request.self, from: $0.body) }
  }

  /// What was asked of the vault beside the sweep that looks for events on its own.
  var orders: [Request] { requests.filter { $0.path != VaultEventEndpoints.claim.path } }

  /// The grants that came with the calls to a path.
  func grants(_ path: String) -> [Secret<String>] {
    requests.filter { $0.path == path }.compactMap { $0.headers["lanyard-grant"].map(Secret.init) }
  }
}
