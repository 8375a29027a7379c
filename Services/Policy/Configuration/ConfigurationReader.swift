import Model
import PostgreSQL

/// Reads what an organization has set up.
struct ConfigurationReader: Sendable {
  let integrations: IntegrationStore
  let servers: MCPServerStore
  let charms: CharmStore
  let applications: ApplicationStore
  let rules: RuleStore

  /// Without locks: for a look.
  func look(at organization: OrganizationID, for document: ConfigurationDocument?) async throws -> ConfigurationState {
    try await rules.database.transaction(in: .organization(organization), isolation: .repeatableRead) {
      try await read(organization, for: document, isLocking: false, $0)
    }
  }

  /// Everything, kept from changing until the transaction ends where that is asked for. The organization's row comes first, and the caller
  /// has it: who adds a rule or a server waits.
  func read(
    _ organization: OrganizationID, for document: ConfigurationDocument?, isLocking: Bool,
    _ transaction: PostgresTransaction
  ) async throws -> ConfigurationState {
    let row = try await transaction.query(
      "SELECT default_effect FROM organization WHERE organization_id = \(organization)"
    ).first
    guard let row else { throw ServiceError(.notFound, "There is no such organization.") }
    var state = ConfigurationState(
      organization: organization, defaultEffect: try row.value("default_effect"),
      integrations: try await integrations.all(in: organization, isLocking: isLocking, transaction),
      servers: try await servers.all(in: organization, isLocking: isLocking, transaction),
      charms: try await charms.all(in: organization, isLocking: isLocking, transaction),
      applications: try await applications.withSettings(
        or: document?.applications?.map(\.id) ?? [], in: organization, isLocking: isLocking, transaction),
      rules: try await rules.all(in: organization, transaction), members: [:])
    state.members = try await members(
      state.rules.flatMap { $0.draft.subjects.users ?? [] }, or: Self.memberNames(document), in: organization,
      transaction)
    return state
  }

  private static func memberNames(_ document: ConfigurationDocument?) -> [String] {
    var names: [String] = []
    for rule in document?.rules ?? [] {
      _ = RuleNames.replacing(in: rule) { kind, _, name in
        if kind == .user { names.append(name) }
        return name
      }
    }
    return names
  }

  private func members(
    _ ids: [UserID], or names: [String], in organization: OrganizationID, _ transaction: PostgresTransaction
  ) async throws -> [UserID: String] {
    let rows = try await transaction.query(
      """
      SELECT user_id, external_id FROM member WHERE organization_id = \(organization) AND removed_at IS NULL \
      AND (user_id = ANY (\(ids.map(\.rawValue) + names)) OR external_id = ANY (\(names)))
      """)
    return Dictionary(
      try rows.map { (try $0.id("user_id"), try $0.get("external_id", as: String.self)) }, uniquingKeysWith: { $1 })
  }
}
