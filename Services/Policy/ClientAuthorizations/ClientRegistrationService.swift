import Model

/// Clients that register themselves (RFC 7591). Anybody may: a registration is a name that nobody has checked, and opens
/// nothing until a person agrees.
struct ClientRegistrationService: Sendable {
  let store: RegisteredClientStore

  /// - Throws: `invalid_request`.
  func register(_ request: RegisterClient) async throws -> RegisteredClient {
    try TextRules.check(request.name, field: "name", maximum: PolicyLimits.nameLength)
    guard (1...RegisterClient.maximumRedirectURIs).contains(request.redirectUris.count) else {
      throw ServiceError(
        .invalidRequest, "redirectUris must have 1 to \(RegisterClient.maximumRedirectURIs) entries.")
    }
    guard request.redirectUris.allSatisfy({ ClientRedirectURI($0) != nil }) else {
      throw ServiceError(.invalidRequest, "redirectUris must be https addresses, or http ones on a loopback host.")
    }
    try await store.clearEnded()
    guard try await store.hasRoom() else { return try await store.insertMakingRoom(for: request, as: .random()) }
    return try await store.insert(request, as: .random())
  }

  /// - Throws: `not_found`.
  func show(_ id: RegisteredClientID) async throws -> RegisteredClient {
    guard let client = try await store.find(id) else {
      throw ServiceError(.notFound, "There is no such client, or it was not used for too long.")
    }
    return client
  }
}
