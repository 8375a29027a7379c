import FoundationEssentials
import Model
import PostgreSQL

/// The rows of sign-ins that are under way.
struct SignInStore: Sendable {
  /// Seconds that a person may take at their identity provider.
  private static let lifetimeSeconds = 600
  /// Seconds between the answer and the session that is made of it: longer than the provider may take over the code.
  private static let completionSeconds = 90
  /// Ended ones that a new one of the same organization clears away.
  private static let clearedAtOnce = 100

  let database: PostgresClient

  /// What one that has just been completed was begun with.
  struct Completed: Sendable {
    var issuer: String
    var clientId: String
    var isStepUp: Bool
    var createdAt: Date
  }

  func begin(_ signIn: BeginSignIn, with provider: IdentityProviderRecord) async throws {
    let organization = signIn.organizationId
    try await database.transaction(in: .organization(organization)) { transaction in
      try await transaction.query(
        """
        DELETE FROM sign_in WHERE organization_id = \(organization) AND state_hash IN \
        (SELECT state_hash FROM sign_in WHERE organization_id = \(organization) AND expires_at < now() \
        LIMIT \(Self.clearedAtOnce) FOR UPDATE SKIP LOCKED)
        """)
      try await transaction.query(
        """
        INSERT INTO sign_in (organization_id, state_hash, browser_hash, issuer, client_id, is_step_up, expires_at) \
        VALUES (\(organization), \(signIn.stateHash), \(signIn.browserHash), \(provider.issuer), \
        \(provider.clientId), \(signIn.isStepUp), \
        now() + make_interval(secs => \(Self.lifetimeSeconds)::double precision))
        """)
    }
  }

  /// Spends the state. Of any number that try at once, one does; false for the others and in any other browser.
  func claim(_ signIn: ClaimSignIn) async throws -> Bool {
    let rows = try await database.write(
      in: .organization(signIn.organizationId),
      """
      UPDATE sign_in SET claimed_at = now() WHERE organization_id = \(signIn.organizationId) \
      AND state_hash = \(signIn.stateHash) AND browser_hash = \(signIn.browserHash) AND claimed_at IS NULL \
      AND expires_at > now() RETURNING state_hash
      """)
    return !rows.isEmpty
  }

  /// Ends one that was claimed a moment ago; nil when there is none, or it has ended.
  func end(_ reference: SignInReference, _ transaction: PostgresTransaction) async throws -> Completed? {
    let rows = try await transaction.query(
      """
      UPDATE sign_in SET ended_at = now() WHERE organization_id = \(reference.organizationId) \
      AND state_hash = \(reference.stateHash) AND ended_at IS NULL \
      AND claimed_at > now() - make_interval(secs => \(Self.completionSeconds)::double precision) \
      RETURNING issuer, client_id, is_step_up, created_at
      """)
    return try rows.first.map { row in
      Completed(
        issuer: try row.get("issuer"), clientId: try row.get("client_id"), isStepUp: try row.get("is_step_up"),
        createdAt: try row.get("created_at"))
    }
  }
}
