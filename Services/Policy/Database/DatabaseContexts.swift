import Model
import PostgreSQL

/// What the row-level security policies of the migrations look at.
extension SessionContext {
  /// Rows of one organization.
  static func organization(_ id: OrganizationID) -> SessionContext {
    SessionContext(setting: "lanyard.organization", value: id.rawValue)
  }

  /// The one row whose token has this hash, before the organization is known.
  static func credential(_ hash: TokenHash) -> SessionContext {
    SessionContext(setting: "lanyard.credential", value: hash.hexadecimal)
  }

  /// The identity providers whose people have addresses of a domain, before the organization is known.
  static func emailDomain(_ domain: String) -> SessionContext {
    SessionContext(setting: "lanyard.email_domain", value: domain)
  }

  /// The change feed of every organization: ids only.
  static let changeFeed = SessionContext(setting: "lanyard.worker", value: "change-feed")

  /// What the vault has still to be told, for every organization: ids only.
  static let vaultTasks = SessionContext(setting: "lanyard.worker", value: "vault-tasks")

  /// Deliveries to webhooks that are due, for every organization: ids, times and words.
  static let notifications = SessionContext(setting: "lanyard.worker", value: "notifications")

  /// The one client that registered itself under this id: it belongs to no organization.
  static func client(_ id: RegisteredClientID) -> SessionContext {
    SessionContext(setting: "lanyard.client", value: id.rawValue)
  }

  /// Clients that registered themselves and were not used for too long.
  static let clientSweep = SessionContext(setting: "lanyard.worker", value: "client-sweep")

  /// Remembered calls of every organization whose time is over.
  static let idempotencySweep = SessionContext(setting: "lanyard.worker", value: "idempotency-sweep")
}
