import Foundation
import Model

/// A path and query on our own origin, to which a browser may be sent: nothing that it could take for another address.
struct LocalPath: Hashable, Sendable {
  /// Bytes of a path: what fits into a cookie, and longer than any of ours.
  private static let maximumLength = 2_048
  /// Not in a path: a browser reads `\` like `/`, the others have no business in an address.
  private static let refused = Set("\\\"<>#".utf8)
  /// What stands for itself in a query or a segment (RFC 3986 section 2.3).
  private static let unreserved = CharacterSet(
    charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")

  let text: String

  static let console = LocalPath(known: "/console/")
  static let signIn = LocalPath(known: "/sign-in")
  static let connections = LocalPath(known: "/console/connections")
  static let members = LocalPath(known: "/console/members")
  static let audit = LocalPath(known: "/console/audit")
  static let integrations = LocalPath(known: "/console/integrations")
  static let newIntegration = LocalPath(known: "/console/integrations/new")
  static let mcpServers = LocalPath(known: "/console/mcp-servers")
  static let newMCPServer = LocalPath(known: "/console/mcp-servers/new")
  static let rules = LocalPath(known: "/console/rules")
  static let newRule = LocalPath(known: "/console/rules/new")
  static let defaultEffect = LocalPath(known: "/console/rules/default")
  static let decisions = LocalPath(known: "/console/decisions")
  static let charms = LocalPath(known: "/console/charms")
  static let applications = LocalPath(known: "/console/applications")
  static let webhooks = LocalPath(known: "/console/webhooks")
  static let newWebhook = LocalPath(known: "/console/webhooks/new")

  /// Returns nil for anything but a single slash and then printable ASCII.
  init?(_ text: String) {
    guard text.utf8.count <= Self.maximumLength, text.hasPrefix("/"), !text.hasPrefix("//"),
      text.utf8.allSatisfy({ (0x21...0x7E).contains($0) && !Self.refused.contains($0) })
    else { return nil }
    self.text = text
  }

  private init(known text: String) { self.text = text }

  /// The page on which the organization's identity provider is asked for.
  static func signIn(to organization: OrganizationID) -> LocalPath {
    LocalPath(known: "/sign-in?organization=\(organization.rawValue)")
  }

  static func connection(_ id: ConnectionID) -> LocalPath { page(of: id.rawValue, in: connections) }
  static func integration(_ id: IntegrationID) -> LocalPath { page(of: id.rawValue, in: integrations) }
  static func mcpServer(_ id: MCPServerID) -> LocalPath { page(of: id.rawValue, in: mcpServers) }
  static func rule(_ id: RuleID) -> LocalPath { page(of: id.rawValue, in: rules) }
  static func watchedRule(_ id: RuleID) -> LocalPath { page(of: "watched", in: rule(id)) }
  static func deletionOfRule(_ id: RuleID) -> LocalPath { page(of: "delete", in: rule(id)) }
  static func webhook(_ id: WebhookID) -> LocalPath { page(of: id.rawValue, in: webhooks) }
  static func charm(_ id: String) -> LocalPath { page(of: segment(id), in: charms) }
  static func application(_ id: String) -> LocalPath { page(of: segment(id), in: applications) }

  /// This page where a list on it begins at a cursor.
  func at(_ cursor: String?) -> LocalPath { LocalPath(text + Self.query(at: cursor)) ?? self }

  /// What stands behind a path for a list to begin at a cursor, be it anybody's text; nothing at the list's beginning.
  static func query(at cursor: String?) -> String {
    cursor?.addingPercentEncoding(withAllowedCharacters: unreserved).map { "?cursor=\($0)" } ?? ""
  }

  private static func page(of id: String, in list: LocalPath) -> LocalPath { LocalPath(known: "\(list.text)/\(id)") }

  /// A host platform's own id as one segment of a path: its texts are free.
  private static func segment(_ id: String) -> String {
    id.addingPercentEncoding(withAllowedCharacters: unreserved) ?? ""
  }

  static func connectPage(_ id: FlowID) -> LocalPath { LocalPath(known: "/connect/\(id.rawValue)") }
}
