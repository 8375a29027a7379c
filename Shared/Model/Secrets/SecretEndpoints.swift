public import FoundationEssentials

/// What kind of secret of the organization a record holds.
public enum OrganizationSecretKind: String, Codable, Sendable { case clientSecret, staticToken, webhookSecret }

/// Stores a secret of the organization; a second one for the same owner becomes current and the older is kept while refreshes need it.
public struct PutSecret: Codable, Sendable {
  public var kind: OrganizationSecretKind
  /// The Integration's, MCP server's or webhook's id.
  public var ownerId: String
  public var value: WireSecret
  public var expiresAt: Date?

  public init(kind: OrganizationSecretKind, ownerId: String, value: WireSecret, expiresAt: Date?) {
    self.kind = kind
    self.ownerId = ownerId
    self.value = value
    self.expiresAt = expiresAt
  }
}

/// The version that a stored secret got.
public struct StoredSecret: Codable, Sendable {
  public var version: Int64

  public init(version: Int64) { self.version = version }
}

/// Destroys every version of a secret.
public struct DeleteSecret: Codable, Sendable {
  public var kind: OrganizationSecretKind
  public var ownerId: String

  public init(kind: OrganizationSecretKind, ownerId: String) {
    self.kind = kind
    self.ownerId = ownerId
  }
}

/// A released client secret, for the exchanger's check of an Integration.
public struct ReleasedClientSecret: Codable, Sendable {
  public var clientSecret: WireSecret?
  /// Absent where there is no secret, and from an older vault.
  public var secretVersions: ClientSecretVersions?

  public init(clientSecret: WireSecret?, secretVersions: ClientSecretVersions? = nil) {
    self.clientSecret = clientSecret
    self.secretVersions = secretVersions
  }
}

/// A released static token, for a call to its MCP server.
public struct ReleasedStaticToken: Codable, Sendable {
  public var token: WireSecret

  public init(token: WireSecret) { self.token = token }
}

/// Secrets of the organization, answered by the vault.
public enum SecretEndpoints {
  /// ``Grant/Purpose/writeSecret``, single use.
  public static let put = Endpoint<PutSecret, StoredSecret>(
    .vault, .post, "/internal/secrets/put", callers: [.policy])
  /// ``Grant/Purpose/writeSecret``, single use.
  public static let delete = Endpoint<DeleteSecret, Empty>(
    .vault, .post, "/internal/secrets/delete", callers: [.policy])
  /// ``Grant/Purpose/verify`` that reaches the Integration.
  public static let releaseClientSecret = Endpoint<Reference<IntegrationKind>, ReleasedClientSecret>(
    .vault, .post, "/internal/secrets/release-client-secret", callers: [.exchanger])
  /// ``Grant/Purpose/useStaticToken`` whose scope is the MCP server. Fails with `not_found` when it has none.
  public static let releaseStaticToken = Endpoint<Reference<MCPServerKind>, ReleasedStaticToken>(
    .vault, .post, "/internal/secrets/release-static-token", callers: [.gateway])
  /// ``Grant/Purpose/signWebhook`` bound to the webhook. The secret itself stays in the vault.
  public static let signWebhook = Endpoint<SignWebhook, SignedWebhook>(
    .vault, .post, "/internal/secrets/sign-webhook", callers: [.policy])
}
