/// Checks at start-up that the database fences tenants off and keeps what it has confirmed.
///
/// A service that may bypass row-level security would work, until it shows one tenant another one's rows. So it refuses
/// to start.
public struct DatabaseGuard: Sendable {
  /// One reason not to start.
  public enum Problem: Hashable, Sendable {
    /// The role, or one that it may become, is a superuser.
    case superuser(role: String)
    /// The role, or one that it may become, has BYPASSRLS.
    case bypassesRowSecurity(role: String)
    /// The role owns the table, itself or as a member of its owner: it could switch row-level security off.
    case ownsTable(String)
    /// The table has the tenant's column, and row-level security is not both enabled and forced.
    case rowSecurityNotForced(table: String)
    /// `fsync` or `synchronous_commit` is off: a confirmed change could be lost.
    case notDurable(setting: String)
  }

  private let schema: String
  private let tenantColumn: String
  private let requiresFsync: Bool

  /// - Parameters:
  ///   - schema: The schema of the service's tables.
  ///   - tenantColumn: Tables with this column must force row-level security.
  ///   - requiresFsync: False only for a server whose data may be lost, such as one for tests.
  public init(schema: String = "public", tenantColumn: String = "organization_id", requiresFsync: Bool = true) {
    self.schema = schema
    self.tenantColumn = tenantColumn
    self.requiresFsync = requiresFsync
  }

  /// - Throws: ``DatabaseGuardError`` with every problem, or ``PostgresError``.
  public func enforce(using client: PostgresClient) async throws {
    let problems = try await check(using: client)
    if !problems.isEmpty { throw DatabaseGuardError(problems: problems) }
  }

  /// All problems at once; empty when the service may start.
  public func check(using client: PostgresClient) async throws -> [Problem] {
    try await roleProblems(client) + tableProblems(client) + durabilityProblems(client)
  }

  private func roleProblems(_ client: PostgresClient) async throws -> [Problem] {
    // MEMBER: what SET ROLE would reach counts too.
    let rows = try await client.read(
      """
      SELECT rolname, rolsuper, rolbypassrls FROM pg_roles
      WHERE (rolsuper OR rolbypassrls) AND (pg_has_role(session_user, oid, 'MEMBER') OR rolname = current_user)
        AND (rolname = session_user OR NOT (SELECT rolsuper FROM pg_roles WHERE rolname = session_user))
      ORDER BY rolname
      """)
    return try rows.flatMap { row -> [Problem] in
      let role = try row.get("rolname", as: String.self)
      var problems: [Problem] = []
      if try row.get("rolsuper", as: Bool.self) { problems.append(.superuser(role: role)) }
      if try row.get("rolbypassrls", as: Bool.self) { problems.append(.bypassesRowSecurity(role: role)) }
      return problems
    }
  }

  private func tableProblems(_ client: PostgresClient) async throws -> [Problem] {
    let rows = try await client.read(
      """
      SELECT c.relname,
        pg_has_role(session_user, c.relowner, 'MEMBER') AS owned,
        NOT (c.relrowsecurity AND c.relforcerowsecurity) AND EXISTS (
          SELECT FROM pg_attribute a
          WHERE a.attrelid = c.oid AND a.attname = \(tenantColumn) AND NOT a.attisdropped) AS unfenced
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname = \(schema) AND c.relkind IN ('r', 'p', 'f')
      ORDER BY c.relname
      """)
    return try rows.flatMap { row -> [Problem] in
      let table = try row.get("relname", as: String.self)
      var problems: [Problem] = []
      if try row.get("owned", as: Bool.self) { problems.append(.ownsTable(table)) }
      if try row.get("unfenced", as: Bool.self) { problems.append(.rowSecurityNotForced(table: table)) }
      return problems
    }
  }

  private func durabilityProblems(_ client: PostgresClient) async throws -> [Problem] {
    let rows = try await client.read(
      """
      SELECT name FROM pg_settings
      WHERE name IN ('fsync', 'synchronous_commit') AND setting = 'off' ORDER BY name
      """)
    let settings = try rows.map { try $0.get("name", as: String.self) }
    return settings.filter { requiresFsync || $0 != "fsync" }.map { .notDurable(setting: $0) }
  }
}

/// Why a service must not start on this database.
public struct DatabaseGuardError: Error, Hashable, Sendable, CustomStringConvertible {
  public let problems: [DatabaseGuard.Problem]

  public var description: String {
    "The database is not safe to use: " + problems.map(\.description).joined(separator: "; ") + "."
  }
}

extension DatabaseGuard.Problem: CustomStringConvertible {
  public var description: String {
    switch self {
    case .superuser(let role): "role \(role) is a superuser"
    case .bypassesRowSecurity(let role): "role \(role) bypasses row-level security"
    case .ownsTable(let table): "the service's role owns table \(table); connect with the application role"
    case .rowSecurityNotForced(let table): "table \(table) does not force row-level security"
    case .notDurable(let setting): "\(setting) is off"
    }
  }
}
