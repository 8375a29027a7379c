public import Model

/// The services that this one calls.
public struct PeerClients: Sendable {
  private let clients: [ServiceName: PeerClient]

  public init(_ clients: [PeerClient]) {
    self.clients = Dictionary(clients.map { ($0.service, $0) }) { first, _ in first }
  }

  /// The client for a service, or nil if the application did not name it among its peers.
  public subscript(service: ServiceName) -> PeerClient? { clients[service] }

  /// Makes a call to the service that answers it. See ``PeerClient/call(_:_:parameters:query:grant:)``.
  public func call<Req: Codable & Sendable, Res: Codable & Sendable>(
    _ endpoint: Endpoint<Req, Res>, _ request: Req, parameters: [String: String] = [:], query: [String: String] = [:],
    grant: SignedGrant? = nil
  ) async throws -> Res {
    guard let client = clients[endpoint.service] else {
      throw ServiceError(.internalError, "The \(endpoint.service.rawValue) service is not among this service's peers.")
    }
    return try await client.call(endpoint, request, parameters: parameters, query: query, grant: grant)
  }

  /// Makes a call that has no body.
  public func call<Res: Codable & Sendable>(
    _ endpoint: Endpoint<Empty, Res>, parameters: [String: String] = [:], query: [String: String] = [:],
    grant: SignedGrant? = nil
  ) async throws -> Res {
    try await call(endpoint, Empty(), parameters: parameters, query: query, grant: grant)
  }
}
