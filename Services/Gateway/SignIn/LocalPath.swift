import Foundation
import Model

/// A path and query on our own origin, to which a browser may be sent: nothing that it could take for another address.
struct LocalPath: Hashable, Sendable {
  /// Bytes of a path: what fits into a cookie, and longer than any of ours.
  private static let maximumLength = 2_048
  /// Not in a path: a browser reads `\` like `/`, the others have no business in an address.
  private static let refused = Set("\\\"<>#".utf8)

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

  private static func page(of id: String, in list: LocalPath) -> LocalPath { LocalPath(known: "\(list.text)/\(id)") }

  static func connectPage(_ id: FlowID) -> LocalPath { LocalPath(known: "/connect/\(id.rawValue)") }
}
