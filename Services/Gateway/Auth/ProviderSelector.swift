import Model

/// How an Application names a provider: by URL or by Integration, exactly one of them.
struct ProviderSelector: Sendable {
  var providerUrl: String?
  var integrationId: IntegrationID?
  var application: ApplicationDescription

  /// - Throws: `invalid_request` naming the field.
  func validate() throws {
    switch (providerUrl, integrationId) {
    case (nil, nil): throw ServiceError(.invalidRequest, "Give one of providerUrl and integrationId.")
    case (.some, .some): throw ServiceError(.invalidRequest, "Give only one of providerUrl and integrationId.")
    default: break
    }
    try application.validate()
  }
}

extension ApplicationDescription {
  /// Characters that an identity or a shown text may have at most; longer ones are mistakes or attacks on the page.
  static let maximumLength = 512

  /// - Throws: `invalid_request` naming the field.
  func validate() throws {
    if id.isEmpty { throw ServiceError(.invalidRequest, "application.id must not be empty.") }
    if appId?.isEmpty == true { throw ServiceError(.invalidRequest, "application.appId must not be empty.") }
    let fields = [
      ("id", id), ("appId", appId), ("name", name), ("description", description), ("icon", icon),
      ("homepage", homepage),
    ]
    for (field, text) in fields where (text?.count ?? 0) > Self.maximumLength {
      throw ServiceError(
        .invalidRequest, "application.\(field) is longer than \(Self.maximumLength) characters.")
    }
    for (field, text) in [("icon", icon), ("homepage", homepage)] where text.map(Self.isWebURL) == false {
      throw ServiceError(.invalidRequest, "application.\(field) must be an http or https URL.")
    }
  }

  private static func isWebURL(_ text: String) -> Bool { text.hasPrefix("https://") || text.hasPrefix("http://") }
}

extension ResolveRequest {
  var selector: ProviderSelector {
    ProviderSelector(providerUrl: providerUrl, integrationId: integrationId, application: application)
  }
}

extension ListAuthRequest {
  var selector: ProviderSelector {
    ProviderSelector(providerUrl: providerUrl, integrationId: integrationId, application: application)
  }
}
