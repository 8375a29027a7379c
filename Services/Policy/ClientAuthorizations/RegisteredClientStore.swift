import FoundationEssentials
import Model
import PostgreSQL

/// The rows of clients that registered themselves. A client whose time is over is not found.
struct RegisteredClientStore: Sendable {
  let database: PostgresClient

  /// A client that got no tokens yet: the first ones move its end on.
  private static let isUnused: SQL = """
    expires_at <= created_at + make_interval(secs => \(ClientLifetimes.unusedClient)::double precision)
    """
  /// One of those that still wait for their first person.
  private static let isWaiting: SQL = """
    expires_at > now() \
    AND expires_at <= now() + make_interval(secs => \(ClientLifetimes.unusedClient)::double precision) AND \(isUnused)
    """

  /// Stores a client; the database's clock decides until when.
  func insert(_ client: RegisterClient, as id: RegisteredClientID) async throws -> RegisteredClient {
    try Self.inserted(try await database.write(in: .client(id), Self.insertion(of: client, as: id)))
  }

  /// Stores a client in the place of the oldest that wait.
  func insertMakingRoom(for client: RegisterClient, as id: RegisteredClientID) async throws -> RegisteredClient {
    try await database.transaction(in: .clientSweep) { transaction in
      // All that are too many, not one: of several who make room at the same moment each sees the same oldest one.
      let surplus = try await transaction.query(
        """
        SELECT client_id FROM registered_client WHERE \(Self.isWaiting) ORDER BY expires_at DESC, client_id \
        OFFSET \(ClientLifetimes.waitingClients - 1) LIMIT \(ClientLifetimes.clearedAtOnce)
        """)
      for row in surplus {
        let old: RegisteredClientID = try row.id("client_id")
        // A sweep removes only whose time is over; whoever names a client may remove it. It may have come to be used meanwhile.
        try await transaction.use(.client(old))
        try await transaction.execute("DELETE FROM registered_client WHERE client_id = \(old) AND \(Self.isUnused)")
      }
      try await transaction.use(.client(id))
      return try Self.inserted(try await transaction.query(Self.insertion(of: client, as: id)))
    }
  }

  private static func insertion(of client: RegisterClient, as id: RegisteredClientID) -> SQL {
    """
    INSERT INTO registered_client (client_id, name, redirect_uris, expires_at) \
    VALUES (\(id), \(client.name), \(client.redirectUris), \
    now() + make_interval(secs => \(ClientLifetimes.unusedClient)::double precision)) \
    RETURNING client_id, name, redirect_uris, created_at
    """
  }

  private static func inserted(_ rows: [PostgresRow]) throws -> RegisteredClient {
    guard let row = rows.first else { throw ServiceError(.internalError, "The client could not be stored.") }
    return try client(row)
  }

  func find(_ id: RegisteredClientID) async throws -> RegisteredClient? {
    let rows = try await database.read(
      in: .client(id),
      """
      SELECT client_id, name, redirect_uris, created_at FROM registered_client \
      WHERE client_id = \(id) AND expires_at > now()
      """)
    return try rows.first.map(Self.client)
  }

  /// The client is in use: it stays for longer than any token of it.
  func keep(_ id: RegisteredClientID) async throws {
    try await database.execute(
      in: .client(id),
      """
      UPDATE registered_client \
      SET expires_at = now() + make_interval(secs => \(ClientLifetimes.usedClient)::double precision) \
      WHERE client_id = \(id) AND expires_at > now()
      """)
  }

  /// Whether there is room for another one. Counts no further than it must.
  func hasRoom() async throws -> Bool {
    let rows = try await database.read(
      in: .clientSweep,
      """
      SELECT count(*) AS waiting FROM (SELECT 1 FROM registered_client WHERE \(Self.isWaiting) \
      LIMIT \(ClientLifetimes.waitingClients)) AS found
      """)
    return try (rows.first?.get("waiting", as: Int.self) ?? 0) < ClientLifetimes.waitingClients
  }

  /// Clears away some whose time is over.
  func clearEnded() async throws {
    try await database.execute(
      in: .clientSweep,
      """
      DELETE FROM registered_client WHERE expires_at <= now() AND client_id IN \
      (SELECT client_id FROM registered_client WHERE expires_at <= now() LIMIT \(ClientLifetimes.clearedAtOnce))
      """)
  }

  private static func client(_ row: PostgresRow) throws -> RegisteredClient {
    RegisteredClient(
      id: try row.id("client_id"), name: try row.get("name"), redirectUris: try row.get("redirect_uris"),
      createdAt: try row.get("created_at"))
  }
}
