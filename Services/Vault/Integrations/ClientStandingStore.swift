import FoundationEssentials
import Model
import PostgreSQL

/// What providers make of the clients of Integrations: marks beside the client secrets, and a row for each client that is refused.
struct ClientStandingStore: Sendable {
  /// Uses are written down to the minute: a secret that serves a thousand refreshes is not written a thousand times.
  private static let useSeconds = 60.0
  /// The pause after the first refusal. It grows with the time that the refusal lasts, up to the last.
  private static let firstPauseSeconds = 2.0
  /// An owner who corrects it at the provider waits this long at most.
  private static let longestPauseSeconds = 900.0

  let database: PostgresClient

  /// The Integration's client as its organization knows it.
  struct Client: Sendable {
    var organization: OrganizationID
    var integration: IntegrationID
    var provider: String
  }

  /// The request to a provider in which something was learned. What was learned in one that is older than what is known changes nothing:
  /// answers are noted in any order.
  enum Occasion: Sendable {
    case refresh(LeaseReference)
    case flow(FlowID, in: OrganizationID)

    /// When it was begun.
    fileprivate var begun: SQL {
      switch self {
      case .refresh(let lease):
        """
        (SELECT started_at FROM refresh_attempt WHERE organization_id = \(lease.organizationId.rawValue)
          AND connection_id = \(lease.connectionId.rawValue) AND fence = \(lease.fence))
        """
      case .flow(let id, let organization):
        """
        (SELECT released_at FROM flow WHERE organization_id = \(organization.rawValue) AND id = \(id.rawValue))
        """
      }
    }
  }

  // MARK: Writing

  /// The provider took a secret. If the client was refused before, it no longer is, and its owner hears of it.
  func accepted(_ version: Int64, of client: Client, in occasion: Occasion) async throws {
    try await database.execute(
      in: VaultSchema.context(client.organization.rawValue),
      """
      WITH used AS (
        UPDATE organization_secret SET last_used_at = clock_timestamp(),
          refused_at = CASE WHEN refused_at >= \(occasion.begun) THEN refused_at END
        WHERE \(Self.secrets(of: client)) AND version = \(version)
          AND (refused_at < \(occasion.begun) OR last_used_at IS NULL
            OR last_used_at < clock_timestamp() - make_interval(secs => \(Self.useSeconds)))),
      \(Self.end(client, when: "since < \(occasion.begun)"))
      """)
  }

  /// The provider took an older secret instead of these. The owner hears of it once.
  func refused(_ versions: [Int64], of client: Client, in occasion: Occasion) async throws {
    try await database.execute(
      in: VaultSchema.context(client.organization.rawValue),
      """
      WITH marked AS (
        UPDATE organization_secret SET refused_at = clock_timestamp()
        WHERE \(Self.secrets(of: client)) AND version = ANY(\(versions)) AND refused_at IS NULL
          AND (last_used_at < \(occasion.begun)) IS NOT FALSE RETURNING version)
      INSERT INTO event (organization_id, event_id, type, data)
      SELECT \(client.organization.rawValue), \(NotificationID.random().rawValue), \(NotificationType.secretRefused.rawValue),
        \(try Self.data(client))::jsonb
      FROM marked WHERE version = (SELECT max(version) FROM organization_secret WHERE \(Self.secrets(of: client)))
      """)
  }

  /// The provider took none of the client's secrets: refreshes wait from here on, and the owner hears of it once.
  ///
  /// A refusal of secrets that were replaced or accepted meanwhile changes nothing.
  func refusedAltogether(
    _ versions: [Int64], reason: String, of client: Client, in occasion: Occasion, transaction: PostgresTransaction
  ) async throws {
    try await transaction.query(
      """
      UPDATE organization_secret SET refused_at = clock_timestamp()
      WHERE \(Self.secrets(of: client)) AND version = ANY(\(versions)) AND refused_at IS NULL
      """)
    let rows = try await transaction.query(
      """
      INSERT INTO integration_incident AS i (organization_id, integration_id, provider, reason, next_try_at)
      SELECT \(client.organization.rawValue), \(client.integration.rawValue), \(client.provider), \(reason),
        clock_timestamp() + make_interval(secs => \(Self.firstPauseSeconds))
      WHERE (SELECT max(version) FROM organization_secret WHERE \(Self.secrets(of: client))) = ANY(\(versions))
        AND NOT EXISTS (
          SELECT FROM organization_secret WHERE \(Self.secrets(of: client)) AND last_used_at >= \(occasion.begun))
      ON CONFLICT (organization_id, integration_id) DO UPDATE SET reason = excluded.reason,
        next_try_at = clock_timestamp() + make_interval(secs => least(greatest(
          extract(epoch FROM clock_timestamp() - i.since)::double precision, \(Self.firstPauseSeconds)),
          \(Self.longestPauseSeconds)))
      RETURNING i.xmax = 0 AS is_new
      """)
    guard let row = rows.first, try row.get("is_new", as: Bool.self) else { return }
    var data = Self.facts(client)
    data["reason"] = reason
    try await transaction.query(
      """
      INSERT INTO event (organization_id, event_id, type, data)
      VALUES (\(client.organization.rawValue), \(NotificationID.random().rawValue),
        \(NotificationType.integrationBroken.rawValue), \(try Stored.text(data))::jsonb)
      """)
  }

  /// Somebody has stored another secret, which is taken to be good until the provider says otherwise.
  func corrected(_ integration: IntegrationID, in organization: OrganizationID, transaction: PostgresTransaction)
    async throws
  {
    try await transaction.query(
      "WITH \(Self.end(Client(organization: organization, integration: integration, provider: ""), when: "true"))")
  }

  /// Takes the one trial that a refused client has, when its time has come.
  ///
  /// - Parameter seconds: after which somebody else may, should the caller never report.
  func takeTrial(
    _ integration: IntegrationID, in organization: OrganizationID, seconds: Int, transaction: PostgresTransaction
  ) async throws -> Bool {
    try await transaction.execute(
      """
      UPDATE integration_incident SET next_try_at = clock_timestamp() + make_interval(secs => \(Double(seconds)))
      WHERE organization_id = \(organization.rawValue) AND integration_id = \(integration.rawValue)
        AND next_try_at <= clock_timestamp()
      """) == 1
  }

  private static func secrets(of client: Client) -> SQL {
    """
    organization_id = \(client.organization.rawValue) AND kind = 'clientSecret'
      AND owner_id = \(client.integration.rawValue)
    """
  }

  /// The end of a refusal as the last part of a statement that begins with `WITH`.
  private static func end(_ client: Client, when condition: SQL) -> SQL {
    """
    ended AS (
      DELETE FROM integration_incident WHERE organization_id = \(client.organization.rawValue)
        AND integration_id = \(client.integration.rawValue) AND \(condition) RETURNING provider)
    INSERT INTO event (organization_id, event_id, type, data)
    SELECT \(client.organization.rawValue), \(NotificationID.random().rawValue),
      \(NotificationType.integrationRecovered.rawValue),
      jsonb_build_object('integrationId', \(client.integration.rawValue)::text, 'provider', provider) FROM ended
    """
  }

  private static func facts(_ client: Client) -> [String: String] {
    ["integrationId": client.integration.rawValue, "provider": client.provider]
  }

  private static func data(_ client: Client) throws -> String { try Stored.text(facts(client)) }
}
