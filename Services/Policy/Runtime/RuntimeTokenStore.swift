import FoundationEssentials
import Model
import PostgreSQL

/// The rows of the tokens that agent runtimes get with a session.
struct RuntimeTokenStore: Sendable {
  /// A token as it is made: for one server.
  struct New: Sendable {
    var serverId: MCPServerID
    var hash: TokenHash
  }

  /// Stores tokens. They end with the session at the latest; the database's clock decides when.
  ///
  /// - Returns: when they end; nil when the session has ended.
  func insert(
    _ tokens: [New], of session: SessionID, charmId: String?, in organization: OrganizationID,
    _ transaction: PostgresTransaction
  ) async throws -> Date? {
    let rows = try await transaction.query(
      """
      INSERT INTO client_token (organization_id, client_token_id, kind, token_hash, user_id, api_key_id, session_id, \
      charm_id, mcp_server_id, expires_at) \
      SELECT s.organization_id, t.id, 'runtime', decode(t.hash, 'hex'), s.user_id, s.api_key_id, s.session_id, \
      \(charmId)::text, t.server, \
      least(s.expires_at, now() + make_interval(secs => \(ClientLifetimes.runtimeToken)::double precision)) \
      FROM session s, unnest(\(tokens.map { _ in ClientTokenID.random().rawValue })::text[], \
      \(tokens.map(\.hash.hexadecimal))::text[], \(tokens.map(\.serverId.rawValue))::text[]) AS t (id, hash, server) \
      WHERE s.organization_id = \(organization) AND s.session_id = \(session) AND s.ended_at IS NULL \
      AND s.expires_at > now() RETURNING expires_at
      """)
    return try rows.first?.get("expires_at")
  }
}
