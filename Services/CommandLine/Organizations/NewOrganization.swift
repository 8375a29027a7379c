import Model
import PolicyKit

/// An organization that was just made: the one time that its API key is seen.
struct NewOrganization: Codable {
  var organizationId: OrganizationID
  var apiKeyId: APIKeyID
  var apiKey: WireSecret

  static func make(named name: String, in database: DatabaseOptions) async throws -> NewOrganization {
    let created = try await database.withClient { client, logger in
      try await OrganizationService(database: client, logger: logger).create(name: name)
    }
    return NewOrganization(
      organizationId: created.organizationId, apiKeyId: created.apiKeyId, apiKey: WireSecret(created.apiKey))
  }
}
