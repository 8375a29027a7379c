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
  /// Unicode scalars that an identity may have at most: they are in every entry of the audit trail, which has room for them.
  private static let maximumIdLength = 256
  /// Unicode scalars that a shown text may have at most; longer ones are mistakes or attacks on the page.
  private static let maximumLength = 512

  /// - Throws: `invalid_request` naming the field.
  func validate() throws {
    if id.isEmpty { throw ServiceError(.invalidRequest, "application.id must not be empty.") }
    if appId?.isEmpty == true { throw ServiceError(.invalidRequest, "application.appId must not be empty.") }
    let fields = [
      ("id", id, Self.maximumIdLength), ("appId", appId, Self.maximumIdLength), ("name", name, Self.maximumLength),
      ("description", description, Self.maximumLength), ("icon", icon, Self.maximumLength),
      ("homepage", homepage, Self.maximumLength),
    ]
    for (field, text, maximum) in fields where (text?.unicodeScalars.count ?? 0) > maximum {
      throw ServiceError(.invalidRequest, "application.\(field) is longer than \(maximum) characters.")
    }
    for (field, text) in [("id", id), ("appId", appId)] where text?.unicodeScalars.contains(where: \.isControl) == true
    {
      throw ServiceError(.invalidRequest, "application.\(field) must not hold control characters.")
    }
    for (field, text) in [("icon", icon), ("homepage", homepage)] where text.map(Self.isWebURL) == false {
      throw ServiceError(.invalidRequest, "application.\(field) must be an http or https URL.")
    }
  }

  private static func isWebURL(_ text: String) -> Bool { text.hasPrefix("https://") || text.hasPrefix("http://") }
}

extension Unicode.Scalar {
  fileprivate var isControl: Bool { properties.generalCategory == .control }
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
