import FoundationEssentials
import Model
import PostgreSQL

/// The rows of clients that registered themselves. A client whose time is over is not found.
struct RegisteredClientStore: Sendable {
  let database: PostgresClient

  /// Stores a client; the database's clock decides until when.
  func insert(_ client: RegisterClient, as id: RegisteredClientID) async throws -> RegisteredClient {
    let rows = try await database.write(
      in: .client(id),
      """
      INSERT INTO registered_client (client_id, name, redirect_uris, expires_at) \
      VALUES (\(id), \(client.name), \(client.redirectUris), \
      now() + make_interval(secs => \(ClientLifetimes.unusedClient)::double precision)) \
      RETURNING client_id, name, redirect_uris, created_at
      """)
    guard let row = rows.first else { throw ServiceError(.internalError, "The client could not be stored.") }
    return try Self.client(row)
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
    let horizon = Double(ClientLifetimes.unusedClient)
    let rows = try await database.read(
      in: .clientSweep,
      """
      SELECT count(*) AS waiting FROM (SELECT 1 FROM registered_client \
      WHERE expires_at > now() AND expires_at <= now() + make_interval(secs => \(horizon)) \
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
