import FoundationEssentials
import Model

/// An MCP server as it is stored.
struct MCPServerRecord: Sendable {
  var id: MCPServerID
  var organizationId: OrganizationID
  var name: String
  var slug: String
  var url: String
  var auth: MCPServerAuth
  var allowedTools: [String]?
  var description: String?
  var status: MCPServer.Status
  var pinning: Bool
  /// For `oauth` that was found by the URL.
  var discovered: MCPServer.Discovered?
  /// Why nothing is sent to it.
  var configError: MCPServer.ConfigError?
  /// When its tools were looked at last; nil: never.
  var catalogueStoredAt: Date?
  var createdAt: Date
  var updatedAt: Date

  /// As owners and admins see it.
  var server: MCPServer {
    MCPServer(
      id: id, name: name, slug: slug, url: url, auth: auth, allowedTools: allowedTools, description: description,
      status: status, pinning: pinning, discovered: discovered, configError: configError, createdAt: createdAt,
      updatedAt: updatedAt)
  }

  /// What tokens for it are asked for (RFC 8707): its own name for itself, or its URL.
  var resource: String { discovered?.resource ?? url }

  /// As members see it, with what a Charm leaves of its tools.
  func descriptor(charm: EffectiveTools.CharmPart?) -> MCPServerDescriptor {
    MCPServerDescriptor(
      id: id, name: name, description: description, allowedTools: tools(leftBy: charm),
      needsConnection: auth.type == .oauth)
  }

  private func tools(leftBy charm: EffectiveTools.CharmPart?) -> [String]? {
    guard let narrowed = charm?.allowedTools else { return allowedTools }
    guard let allowedTools else { return narrowed.sorted() }
    return allowedTools.filter(narrowed.contains)
  }
}

extension ConnectionScope {
  /// The application side of the Connections that belong to an MCP server, and the name of its static token.
  static func server(_ id: MCPServerID) -> ConnectionScope {
    ConnectionScope(applicationType: .mcpServer, applicationId: id.rawValue, appId: id.rawValue)
  }
}
