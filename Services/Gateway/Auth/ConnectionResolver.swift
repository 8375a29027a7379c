import Model
import ServiceKit

/// Asks the vault for a usable token, and has it refreshed where that is due: for Applications and for MCP servers alike.
struct ConnectionResolver: Sendable {
  /// How often a token that needs a refresh is resolved again before the caller is asked to come back.
  private static let maximumRounds = 3

  let peers: PeerClients
  let refreshes: RefreshBroker

  /// - Parameters:
  ///   - access: the grant for the first round.
  ///   - again: the grant for each further round: waiting may outlive one.
  /// - Returns: any outcome but `refreshRequired`, and the grant that it was got under.
  func resolve(
    _ question: ResolveConnection, for identity: CallerIdentity, under access: ConnectionAccess,
    again: () async throws -> ConnectionAccess
  ) async throws -> (resolved: ResolvedConnection, access: ConnectionAccess) {
    var question = question
    var access = access
    var refreshFailure: ServiceError?
    for round in 0..<Self.maximumRounds {
      if round > 0 { access = try await again() }
      let resolved = try await peers.call(ConnectionEndpoints.resolve, question, grant: access.grant)
      guard resolved.outcome == .refreshRequired else { return (resolved, access) }
      // A refresh that failed is no reason to refuse a token that still lives; only if it does not, the caller learns why.
      if let refreshFailure { throw refreshFailure }
      let connection = try resolved.connection.orMalformed("connection")
      do {
        try await refreshes.refresh(connection.id, force: false, under: access, for: identity.caller)
      } catch let error as ServiceError {
        refreshFailure = error
        question.freshness = .whatLives
      }
      // The same Connection again: the choice has been made.
      question.connectionId = connection.id
      question.prompt = .auto
    }
    throw ServiceError(.unavailable, "The account is being refreshed. Try again in a moment.", retryAfter: 1)
  }
}
