import FoundationEssentials
import Model

/// Establishes who makes a call. Every call asks the database: nothing is cached here that a revocation would have to
/// reach.
struct CallerService: Sendable {
  let store: CredentialStore
  /// For how long after they proved themselves people may do dangerous things.
  let stepUpSeconds: Int

  /// The caller with this credential.
  /// - Throws: `unauthenticated`, the same for every reason.
  func verify(_ credential: CredentialHash, service: ServiceName, requestId: String) async throws -> Principal {
    guard let hash = TokenHash(credential), let record = try await store.find(hash),
      let caller = try await caller(of: record)
    else {
      throw ServiceError(.unauthenticated, "The credential is unknown, has ended or was revoked. Get a new one.")
    }
    let isKey = record.credential == .apiKey
    return Principal(
      caller: caller, keyScopes: isKey ? Set(record.scopes.compactMap(APIKeyScope.init(rawValue:))) : nil,
      apiKeyId: record.apiKeyId, clientAuthorizationId: record.clientAuthorizationId, service: service,
      requestId: requestId)
  }

  /// The caller behind a live credential; nil when the member was removed, the API key that vouched was revoked or the organization
  /// was closed.
  func caller(of record: CredentialStore.Record) async throws -> Caller? {
    guard let holder = try await store.holder(of: record) else { return nil }
    let role = record.credential == .apiKey ? .owner : record.role.lower(holder.role ?? .member)
    return Caller(
      credential: record.credential, credentialId: record.id, organizationId: record.organizationId,
      organizationName: holder.organizationName, user: holder.user, role: role, groups: holder.groups,
      charmId: record.charmId, expiresAt: record.expiresAt, mcpServerId: record.mcpServerId,
      freshUntil: record.authenticatedAt?.addingTimeInterval(Double(stepUpSeconds)))
  }
}

extension Role {
  /// The one of two roles that may do less: a session never lends more than it was made with, and never more than the
  /// member has now.
  func lower(_ other: Role) -> Role {
    let order: [Role] = [.member, .admin, .owner]
    return order.first { $0 == self || $0 == other } ?? .member
  }
}
