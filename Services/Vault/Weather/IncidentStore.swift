import Crypto
import FoundationEssentials
import Model
import PostgreSQL

/// Incidents at providers: from the first storm until the provider has answered for a while. And who is to hear of them.
struct IncidentStore: Sendable {
  /// A place whose incident begins or ends.
  struct Turn: Sendable {
    var place: String
    var type: NotificationType
    /// Since when the provider does not answer.
    var since: Date
  }

  private static let worker = SessionContext(setting: "lanyard.worker", value: "provider-incidents")
  /// Organizations that are looked up at once.
  private static let pageSize = 500

  let database: PostgresClient

  /// What organizations do not know yet. A storm that comes back before the calls are back belongs to the incident before it.
  func turns() async throws -> [Turn] {
    try await database.read(
      """
      SELECT place, CASE WHEN incident_since IS NULL THEN \(NotificationType.providerUnavailable.rawValue)
          ELSE \(NotificationType.providerRecovered.rawValue) END AS type, coalesce(incident_since, since) AS since
      FROM provider_weather
      WHERE (state = 'storm' AND incident_since IS NULL) OR (incident_since IS NOT NULL AND (state = 'clear'
        OR (state = 'clearing' AND since <= clock_timestamp() - make_interval(secs => \(ProviderWeather.clearingSeconds)))))
      """
    ).map { row in
      Turn(
        place: try row.get("place"), type: try Stored.value(of: "type", in: row), since: try row.get("since"))
    }
  }

  /// Organizations with Connections at the place, now or before, a page at a time.
  func tenants(of place: String, after: OrganizationID?) async throws -> [OrganizationID] {
    try await database.read(
      in: Self.worker,
      """
      SELECT organization_id FROM provider_tenant WHERE place = \(place) AND organization_id > \(after?.rawValue ?? "")
      ORDER BY organization_id LIMIT \(Self.pageSize)
      """
    ).map { OrganizationID(rawValue: try $0.get("organization_id")) }
  }

  /// Writes the event down, if the organization has a live Connection there.
  ///
  /// Its id follows from what it says: told twice, by two vaults or after an interruption, it is one message.
  func tell(_ organization: OrganizationID, _ turn: Turn) async throws {
    try await database.execute(
      in: VaultSchema.context(organization.rawValue),
      """
      INSERT INTO event (organization_id, event_id, type, data)
      SELECT \(organization.rawValue), \(Self.id(organization, turn)), \(turn.type.rawValue), jsonb_build_object(
        'provider', c.provider, 'providerUrl', c.provider_url, 'since', \(WireTime.text(turn.since))::text)
      FROM connection c
      WHERE c.organization_id = \(organization.rawValue) AND c.status <> 'revoked' AND \(turn.place) =
        CASE WHEN c.provider = 'custom' THEN c.organization_id || ' ' || c.provider_url ELSE c.provider_url END
      LIMIT 1
      ON CONFLICT (organization_id, event_id) DO NOTHING
      """)
  }

  /// Everybody knows.
  func close(_ turn: Turn) async throws {
    switch turn.type {
    case .providerUnavailable:
      try await database.execute(
        """
        UPDATE provider_weather SET incident_since = \(turn.since)
        WHERE place = \(turn.place) AND incident_since IS NULL
        """)
    default:
      try await database.execute(
        """
        UPDATE provider_weather SET incident_since = NULL
        WHERE place = \(turn.place) AND incident_since = \(turn.since)
        """)
    }
  }

  private static func id(_ organization: OrganizationID, _ turn: Turn) -> String {
    let text = [organization.rawValue, turn.place, turn.type.rawValue, WireTime.text(turn.since)]
      .joined(separator: "\n")
    let digits = SHA256.hash(data: Data(text.utf8)).map { byte in
      byte < 16 ? "0" + String(byte, radix: 16) : String(byte, radix: 16)
    }
    return "msg_" + digits.joined()
  }
}
