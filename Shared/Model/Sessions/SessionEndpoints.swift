/// The SHA-256 of a public credential, in lower-case hexadecimal. The credential itself never leaves the gateway.
///
/// The policy service finds the caller by it, on every call that it decides: the gateway can act only for callers that it has seen.
public typealias CredentialHash = WireSecret

/// A call on behalf of a caller, with a request of its own.
public struct OnBehalf<Request: Codable & Sendable>: Codable, Sendable {
  public var credential: CredentialHash
  public var request: Request

  public init(_ credential: CredentialHash, _ request: Request) {
    self.credential = credential
    self.request = request
  }
}

/// Names one thing by its id.
public struct Reference<Kind: IdentifiedKind>: Codable, Sendable {
  public var id: Identifier<Kind>

  public init(id: Identifier<Kind>) { self.id = id }
}

/// Asks for one page of a list.
public struct PageRequest: Codable, Sendable {
  /// At most this many items; 1 to 200.
  public var limit: Int
  public var cursor: String?

  public static let defaultLimit = 50
  public static let maximumLimit = 200

  public init(limit: Int = defaultLimit, cursor: String? = nil) {
    self.limit = limit
    self.cursor = cursor
  }
}

/// Sessions, users and credentials, answered by the policy service.
public enum SessionEndpoints {
  /// Who does this credential belong to? Fails with `unauthenticated` for an unknown, ended or revoked one.
  public static let verify = Endpoint<OnBehalf<Empty>, Caller>(
    .policy, .post, "/internal/credentials/verify", callers: [.gateway])
  /// Needs an API key.
  public static let create = Endpoint<OnBehalf<CreateSession>, CreatedSession>(
    .policy, .post, "/internal/sessions/create", callers: [.gateway])
  public static let end = Endpoint<OnBehalf<Reference<SessionKind>>, Empty>(
    .policy, .post, "/internal/sessions/end", callers: [.gateway])
  /// Offboarding: sessions end, every Connection is revoked, the user is gone.
  public static let removeUser = Endpoint<OnBehalf<Reference<UserKind>>, Empty>(
    .policy, .post, "/internal/users/remove", callers: [.gateway], timeoutSeconds: 30)
}
