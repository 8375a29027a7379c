import Model
import Providers

/// What an ``AccessRequest`` is about, checked.
struct AccessSelector: Sendable {
  var application: ApplicationDescription?
  /// Nil when people manage what is theirs.
  var integrations: IntegrationSelector?
  var scopes: [String]

  /// - Throws: `invalid_request`.
  init(_ request: AccessRequest, _ catalogue: ProviderCatalogue) throws {
    application = request.application
    if let application { try ApplicationService.check(application) }
    scopes = try TextRules.scopes(request.scopes ?? [], field: "scopes")
    switch (request.providerUrl, request.integrationId) {
    case (let url?, nil):
      guard let normalized = ProviderURL.normalize(url) else {
        throw ServiceError(.invalidRequest, "providerUrl must be a plain https URL without a query.")
      }
      integrations = .providerUrl(
        normalized, alternatelyOf: catalogue.provider(alternatelyAt: normalized)?.id)
    case (nil, let id?): integrations = .id(id)
    case (nil, nil):
      integrations = application == nil ? nil : .all
    case (_?, _?):
      throw ServiceError(.invalidRequest, "Name the provider once: either providerUrl or integrationId.")
    }
  }

  /// The application side of the Connections in question. Both the platform's identity and the declared `appId` count.
  var scope: ConnectionScope? {
    application.map(ConnectionScope.application)
  }
}

extension ConnectionScope {
  /// The application side of an Application's Connections.
  static func application(_ description: ApplicationDescription) -> ConnectionScope {
    ConnectionScope(
      applicationType: .application, applicationId: description.id, appId: description.appId ?? description.id)
  }
}
