import Foundation
import Model
import ServiceLifecycle
import SingleFlight

/// Tokens that calls share: the vault is asked once for a server, a session and the life of a grant, and what it released goes when the grant
/// ends, when the token does, or when a change feed says that something of the organization is no longer what it was.
struct MCPLeases: Service {
  /// Tokens held at most: a busy installation's sessions.
  private static let maximumCount = 50_000
  /// How often what ends is let go of.
  private static let sweep = Duration.seconds(1)

  /// What a token was released for.
  struct Key: Hashable, Sendable {
    fileprivate var server: MCPServerID
    fileprivate var session: CredentialDigest
    /// Of the grant, which is a secret.
    fileprivate var grant: CredentialDigest
    /// Which of several accounts an Application's page has picked.
    fileprivate var connection: ConnectionID?
  }

  let cache = FeedBoundCache<Key, MCPCredential>(maximumCount: maximumCount, feeds: [.policy, .vault])
  private let questions = SingleFlight<AskedQuestion<Key>, MCPCredentials.Answer>()

  /// The key of what this caller's calls to the server need; nil for a server that needs nothing, or without a grant.
  func key(_ server: MCPServerAccess, _ identity: CallerIdentity) -> Key? {
    server.grant.map {
      Key(
        server: server.id, session: identity.credential, grant: CredentialDigest(of: $0.token.secret),
        connection: identity.application?.connectionId)
    }
  }

  /// The token that is held, or what the vault says.
  func answer(
    _ key: Key, until end: Date, in organization: OrganizationID,
    _ ask: @escaping @Sendable () async throws -> MCPCredentials.Answer
  ) async throws -> MCPCredentials.Answer {
    if let held = cache.value(for: key) { return .credential(held) }
    let epoch = cache.epoch
    return try await questions.run(AskedQuestion(question: key, epoch: epoch)) {
      let answer = try await ask()
      keep(answer, for: key, until: end, in: organization, askedIn: epoch)
      return answer
    }
  }

  /// Holds what the vault released, if it did.
  func keep(
    _ answer: MCPCredentials.Answer, for key: Key, until end: Date, in organization: OrganizationID, askedIn epoch: Int
  ) {
    guard case .credential(let credential) = answer else { return }
    let until = min(end, credential.connection?.expiresAt ?? end)
    cache.keep(credential, for: key, organizationId: organization, until: until, askedIn: epoch)
  }

  /// Lets go of a token.
  ///
  /// - Parameter refused: only if it is this one; another may have taken its place meanwhile.
  func drop(_ key: Key, refused: MCPCredential? = nil) {
    cache.drop(key) { held in refused.map { held.isSame(as: $0) } ?? true }
  }

  /// Lets go of what ends, until the gateway stops.
  func run() async throws {
    await cancelWhenGracefulShutdown {
      while !Task.isCancelled {
        try? await Task.sleep(for: Self.sweep)
        cache.dropEnding(before: .now + Self.sweep / .seconds(1))
      }
    }
  }
}
