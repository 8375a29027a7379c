import FoundationEssentials
import Model

/// An Integration as it is stored.
struct IntegrationRecord: Sendable {
  var id: IntegrationID
  var organizationId: OrganizationID
  var name: String
  var provider: String
  var providerUrl: String
  var clientId: String
  var defaultScopes: [String]
  var maximumScopes: [String]?
  var variables: [String: String]
  var custom: CustomProvider?
  var status: Integration.Status
  var redirectUri: String
  var secretExpiresAt: Date?
  var registration = Integration.Registration.manual
  /// The MCP server that it was made for, which it goes with.
  var mcpServerId: MCPServerID?
  var createdAt: Date
  var updatedAt: Date

  /// As owners and admins see it.
  var integration: Integration {
    Integration(
      id: id, name: name, provider: provider, providerUrl: providerUrl, clientId: clientId,
      defaultScopes: defaultScopes,
      maximumScopes: maximumScopes, variables: variables, custom: custom, status: status, redirectUri: redirectUri,
      secretExpiresAt: secretExpiresAt, registration: registration, mcpServerId: mcpServerId, createdAt: createdAt,
      updatedAt: updatedAt)
  }

  /// As the exchanger needs it.
  var client: IntegrationClient {
    IntegrationClient(
      integrationId: id, organizationId: organizationId, name: name, provider: provider, providerUrl: providerUrl,
      variables: variables, custom: custom, clientId: clientId, defaultScopes: defaultScopes,
      maximumScopes: maximumScopes, redirectUri: redirectUri, status: status)
  }
}
