import Model

/// Clients that register themselves (RFC 7591). Anybody may: a registration is a name that nobody has checked, and opens
/// nothing until a person agrees.
struct ClientRegistrationService: Sendable {
  let store: RegisteredClientStore

  /// - Throws: `invalid_request`, and `rate_limited` while too many wait for their first person.
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
    guard try await store.hasRoom() else {
      throw ServiceError(
        .rateLimited, "Too many clients have registered and were never used.", retryAfter: Self.retryAfterSeconds)
    }
    return try await store.insert(request, as: .random())
  }

  /// - Throws: `not_found`.
  func show(_ id: RegisteredClientID) async throws -> RegisteredClient {
    guard let client = try await store.find(id) else {
      throw ServiceError(.notFound, "There is no such client, or it was not used for too long.")
    }
    return client
  }

  /// Unused registrations end all the time; an hour later there is room again.
  private static let retryAfterSeconds = 3_600
}
