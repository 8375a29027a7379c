import FoundationEssentials
import Model
import PostgreSQL

/// A Connection as it is stored, with its tokens still sealed.
struct ConnectionRecord: Sendable {
  /// What people see of it.
  var connection: Connection
  var organizationId: OrganizationID
  /// Counts the writes of the tokens; the version that they are sealed at.
  var generation: Int64
  /// Absent once revoked.
  var sealedTokens: [UInt8]?
  var hasRefreshToken: Bool
  /// Whether there is something to refresh with: a refresh token, or a provider that renews the access token itself.
  var isRefreshable: Bool
  /// Facts of the token answer as a JSON object of texts; read only where they are needed.
  var metadataText: String
  /// When the current access token was received.
  var receivedAt: Date
  var fence: Int64
  /// Whether somebody is refreshing it now, by the database's clock.
  var isLeased: Bool
  /// No refresh before this, after failures of its own or of its Integration's client.
  var nextTryAt: Date?
  /// Whether the provider knows none of the Integration's client secrets. Then ``connection`` says so, and the row is as it was.
  var isClientRefused: Bool
  var failures: Int
  var unknownOutcomes: Int
  /// The database's clock when the row was read.
  var now: Date

  var id: ConnectionID { connection.id }

  func metadata() throws -> [String: String] { try Stored.value(metadataText) }

  /// The columns that ``init(_:)`` reads. The alias of the table must be `c`.
  ///
  /// `renewal` is written into the metadata by the exchanger for a provider that renews by exchanging the access token itself.
  static let columns: SQL = """
    c.organization_id, c.id, c.user_id, c.integration_id, c.provider, c.provider_url, c.application_type,
    c.application_id, c.app_id, c.application_name, c.provider_account_id, c.display_identifier, c.display_name,
    c.display_avatar, c.scopes, c.is_default, c.status, c.reason, c.expires_at, c.created_at, c.last_used_at,
    c.generation, c.sealed_tokens, c.has_refresh_token,
    c.has_refresh_token OR c.metadata ->> 'renewal' = 'accessToken' AS is_refreshable, c.metadata, c.received_at, c.fence,
    \(isLeased) AS is_leased, c.next_try_at, c.failures, c.unknown_outcomes,
    clock_timestamp() AS now,
    (SELECT i.reason FROM integration_incident i
      WHERE i.organization_id = c.organization_id AND i.integration_id = c.integration_id) AS client_reason,
    (SELECT i.next_try_at FROM integration_incident i
      WHERE i.organization_id = c.organization_id AND i.integration_id = c.integration_id) AS client_next_try_at
    """

  /// The status as it is shown, as an expression on `connection` with the alias `c`.
  static let shownStatus: SQL = """
    CASE WHEN c.status IN ('active', 'degraded') AND EXISTS (
      SELECT FROM integration_incident i
      WHERE i.organization_id = c.organization_id AND i.integration_id = c.integration_id)
    THEN 'configError' ELSE c.status END
    """

  /// Whether somebody is refreshing, as a condition on `connection` with the alias `c`.
  ///
  /// A lease that was given before the database server started ends ten seconds after that start at the earliest, should nobody come back
  /// for it: an exchanger whose tokens could not be stored looks into its journal every two seconds, and must be first. A lease that
  /// ended in an orderly way is at the epoch.
  static let isLeased: SQL = """
    (c.lease_until > clock_timestamp() OR (
      c.lease_until > 'epoch' AND pg_postmaster_start_time() > clock_timestamp() - interval '10 seconds' AND EXISTS (
        SELECT FROM refresh_attempt a WHERE a.organization_id = c.organization_id AND a.connection_id = c.id
          AND a.fence = c.fence AND a.started_at < pg_postmaster_start_time())))
    """

  init(_ row: PostgresRow) throws {
    // By position, in the order of `columns`: this is the hot path, and finding thirty columns by name takes longer than all
    // the rest of the reading.
    var row = ColumnReader(row)
    organizationId = OrganizationID(rawValue: try row.next())
    connection = Connection(
      id: ConnectionID(rawValue: try row.next()), userId: UserID(rawValue: try row.next()),
      integrationId: IntegrationID(rawValue: try row.next()), provider: try row.next(), providerUrl: try row.next(),
      scope: ConnectionScope(
        applicationType: try row.nextValue("application_type"), applicationId: try row.next(), appId: try row.next()),
      applicationName: try row.next(), providerAccountId: try row.next(), displayIdentifier: try row.next(),
      displayName: try row.next(), displayAvatar: try row.next(), scopes: try row.next(), isDefault: try row.next(),
      status: try row.nextValue("status"), reason: try row.next(), expiresAt: try row.next(),
      createdAt: try row.next(), lastUsedAt: try row.next())
    generation = try row.next()
    sealedTokens = try row.next()
    hasRefreshToken = try row.next()
    isRefreshable = try row.next(as: Bool?.self) ?? false
    metadataText = try row.next()
    receivedAt = try row.next()
    fence = try row.next()
    isLeased = try row.next()
    nextTryAt = try row.next()
    failures = try row.next()
    unknownOutcomes = try row.next()
    now = try row.next()
    let clientReason: String? = try row.next()
    let clientNextTryAt: Date? = try row.next()
    isClientRefused = clientReason != nil
    if isClientRefused, [.active, .degraded].contains(connection.status) {
      connection.status = .configError
      connection.reason = clientReason
    }
    if let clientNextTryAt { nextTryAt = max(clientNextTryAt, nextTryAt ?? clientNextTryAt) }
  }
}

/// Reads the columns of a row one after the other.
private struct ColumnReader {
  private let row: PostgresRow
  private var position = 0

  init(_ row: PostgresRow) { self.row = row }

  mutating func next<Value: PostgresDecodable>(as type: Value.Type = Value.self) throws -> Value {
    defer { position += 1 }
    return try row.get(at: position, as: type)
  }

  /// An enumeration by its text.
  mutating func nextValue<Value: RawRepresentable>(_ column: String) throws -> Value where Value.RawValue == String {
    guard let value = Value(rawValue: try next()) else {
      throw PostgresError.decoding(column: column, expected: "\(Value.self)", found: "another text")
    }
    return value
  }
}

extension ConnectionScope {
  /// Reads the three columns of an application scope.
  init(row: PostgresRow) throws {
    self.init(
      applicationType: try Stored.value(of: "application_type", in: row), applicationId: try row.get("application_id"),
      appId: try row.get("app_id"))
  }
}
