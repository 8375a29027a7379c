import Foundation
import Model
import Testing

@testable import PolicyKit

/// MCP servers whose Integration is found by their URL, in documents.
@Suite("Plans for servers found by their URL")
struct FoundServerPlanTests {
  private static let discovered = MCPServer.Discovered(
    issuer: "https://id.example.com", resource: PlannedOrganization.url, discoveredAt: Date())

  private static func document(scopes: [String]? = nil, integration: String? = nil) -> ConfigurationDocument {
    let auth = ConfigurationDocument.Auth(type: .oauth, integration: integration, scopes: scopes)
    return ConfigurationDocument(mcpServers: [.init(name: "Found", url: PlannedOrganization.url, auth: auth)])
  }

  /// An organization with an Integration of its own and a server that was found.
  private static func organization(
    boundTo isOwn: Bool, scopes: [String]? = ["read"], isFound: Bool = true
  ) throws -> PlannedOrganization {
    var organization = try PlannedOrganization()
    try organization.apply(PlannedOrganization.Kind.integration.document("Own"))
    try organization.apply(document())
    var made = organization.state.integrations[0]
    (made.id, made.name, made.mcpServerId) = (.random(), "Made", organization.state.servers[0].id)
    organization.state.integrations.append(made)
    organization.state.servers[0].auth.integrationId = organization.state.integrations[isOwn ? 0 : 1].id
    organization.state.servers[0].auth.scopes = scopes
    organization.state.servers[0].discovered = isFound ? discovered : nil
    return organization
  }

  @Test(arguments: [true, false]) func whatWasFoundStays(isOwn: Bool) throws {
    var organization = try Self.organization(boundTo: isOwn)
    organization.state.servers[0].configError = .issuerChanged(
      to: "https://other.example", from: Self.discovered.issuer, at: Date())
    let before = organization.state.servers[0]
    #expect(try organization.apply(Self.document()).names == [[], [], ["Found"], []])
    var changed = Self.document()
    changed.mcpServers?[0].description = "Other words"
    #expect(try organization.apply(changed).changed.map(\.fields) == [["description"]])
    let after = organization.state.servers[0]
    #expect(after.auth == before.auth && after.discovered == before.discovered)
    #expect(after.configError == before.configError, "nobody has agreed to another issuer")
  }

  @Test(arguments: [true, false]) func scopesAreTheDocumentsOrStay(isOwn: Bool) throws {
    var organization = try Self.organization(boundTo: isOwn)
    #expect(try organization.apply(Self.document(scopes: ["repo"])).changed.map(\.fields) == [["auth"]])
    let auth = organization.state.servers[0].auth
    #expect(auth.scopes == ["repo"] && auth.integrationId != nil && organization.state.servers[0].discovered != nil)
    #expect(try organization.apply(Self.document(scopes: ["repo"])).isEmpty)
    #expect(try organization.apply(Self.document()).isEmpty, "what is not said stays")
  }

  @Test func anIntegrationThatIsNamedReplacesWhatWasFound() throws {
    var organization = try Self.organization(boundTo: false)
    let own = organization.state.integrations[0].id
    #expect(try organization.apply(Self.document(integration: "Own")).changed.map(\.fields) == [["auth"]])
    let server = organization.state.servers[0]
    #expect(server.auth.integrationId == own && server.discovered == nil)
    // Left out again, the owner's own Integration was not found: the server is to be looked at.
    try organization.apply(Self.document())
    #expect(organization.state.servers[0].auth.integrationId == nil)
  }

  @Test func ofTheIntegrationThatWasFoundNamingItChangesNothing() throws {
    var organization = try Self.organization(boundTo: true)
    let report = try organization.apply(Self.document(scopes: ["read"], integration: "Own"))
    #expect(report.names == [[], [], ["Found"], []])
    #expect(organization.state.servers[0].discovered != nil)
  }

  @Test func whatAFirstLookDidNotFindKeepsTheScopesThatAreWanted() throws {
    var organization = try PlannedOrganization()
    try organization.apply(Self.document(scopes: ["read"]))
    #expect(organization.state.servers[0].auth.scopes == ["read"])
    #expect(try organization.apply(Self.document(scopes: ["read"])).isEmpty)
  }
}
