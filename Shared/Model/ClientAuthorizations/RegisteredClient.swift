public import FoundationEssentials

/// How we know an MCP client. A client has no secret: what protects its codes and tokens is PKCE and rotation.
public enum ClientKind: String, Codable, Sendable {
  /// Its id is the address of a document about it (OAuth Client ID Metadata Document).
  case document
  /// It registered itself (RFC 7591).
  case registered
}

/// What a client says about itself when it registers.
public struct RegisterClient: Codable, Sendable {
  /// Anything: nobody has checked it.
  public var name: String
  public var redirectUris: [String]

  public init(name: String, redirectUris: [String]) {
    self.name = name
    self.redirectUris = redirectUris
  }

  /// Addresses of one client; the SDKs send one or two.
  public static let maximumRedirectURIs = 10
}

/// A client that registered itself. Belongs to no organization: it is a name, and opens nothing.
public struct RegisteredClient: Codable, Sendable {
  public var id: RegisteredClientID
  public var name: String
  public var redirectUris: [String]
  public var createdAt: Date

  public init(id: RegisteredClientID, name: String, redirectUris: [String], createdAt: Date) {
    self.id = id
    self.name = name
    self.redirectUris = redirectUris
    self.createdAt = createdAt
  }
}

/// Clients that register themselves, answered by the policy service.
public enum RegisteredClientEndpoints {
  /// Fails with `rate_limited` while too many wait for their first person.
  public static let register = Endpoint<RegisterClient, RegisteredClient>(
    .policy, .post, "/internal/clients/register", callers: [.gateway])
  /// Fails with `not_found`.
  public static let show = Endpoint<Reference<RegisteredClientKind>, RegisteredClient>(
    .policy, .post, "/internal/clients/show", callers: [.gateway])
}
