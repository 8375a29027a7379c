import FoundationEssentials
import Model
import Providers

/// The catalogue as this deployment has it.
struct ProviderDirectory: Sendable {
  let catalogue: ProviderCatalogue
  /// `host:port` entries that may use http: the operator's own list, and the practice provider.
  let insecureHosts: Set<String>

  init(sandboxIssuer: String?, insecureHosts: Set<String>) throws {
    catalogue = try ProviderCatalogue.load(sandboxIssuer: sandboxIssuer)
    var hosts = insecureHosts
    if let sandboxIssuer, let url = ProviderURL(sandboxIssuer), !url.isHTTPS {
      hosts.insert("\(url.host):\(url.port ?? 80)")
    }
    self.insecureHosts = hosts
  }

  /// A provider of the catalogue with its variables filled in, or a described one, complete.
  /// - Throws: ``ProviderError`` or `invalid_request`.
  func resolve(_ id: String, variables: [String: String], custom: CustomProvider?) throws -> ResolvedProvider {
    guard id == Provider.customID else {
      guard custom == nil else {
        throw ServiceError(.invalidRequest, "\"custom\" goes with the provider \"custom\" only.")
      }
      return try catalogue.require(id).resolve(variables: variables, insecureHosts: insecureHosts)
    }
    guard let custom else {
      throw ServiceError(.invalidRequest, "The provider \"custom\" needs the field \"custom\".")
    }
    guard variables.isEmpty else {
      throw ServiceError(.invalidRequest, "The provider \"custom\" has no variables.")
    }
    return try Provider.custom(custom, insecureHosts: insecureHosts)
  }

  /// The values that belong to the owner: what was given, and the catalogue's defaults as they are now, since
  /// endpoints are fixed for an Integration's life. The operator's own values are left out.
  func ownersVariables(_ resolved: ResolvedProvider, of id: String) -> [String: String] {
    let variables = catalogue.provider(id)?.variables ?? [:]
    return resolved.variables.filter { variables[$0.key]?.from != .configuration }
  }

  /// The provider behind a stored Integration; nil when the catalogue no longer has it.
  func provider(of record: IntegrationRecord) -> Provider? {
    try? resolve(record.provider, variables: record.variables, custom: record.custom).provider
  }

  /// The authorization server that an Integration's credentials are for: as the owner wrote it or discovery found it, else as the
  /// catalogue has it.
  func issuer(of record: IntegrationRecord) -> String? { record.custom?.issuer ?? provider(of: record)?.issuer }

  /// A stored Integration, as far as members may know it.
  func summary(of record: IntegrationRecord) -> ConnectionAccess.IntegrationSummary {
    let provider = provider(of: record)
    let isCatalogued = record.custom == nil
    return ConnectionAccess.IntegrationSummary(
      id: record.id, name: record.name, provider: record.provider,
      providerName: isCatalogued ? provider?.name ?? record.name : record.name, providerUrl: record.providerUrl,
      defaultScopes: record.defaultScopes, maximumScopes: record.maximumScopes,
      identityScopes: provider?.scopes.identityScopes ?? [])
  }

  /// A page of the catalogue, by name.
  func list(_ page: PageRequest) throws -> Page<ProviderSummary> {
    let limit = try page.checkedLimit()
    var rest = catalogue.providers[...]
    if let cursor = page.cursor {
      guard let position = rest.firstIndex(where: { $0.id == cursor }) else {
        throw ServiceError(.invalidRequest, "The cursor is not one that a list has given back.")
      }
      rest = rest[(position + 1)...]
    }
    let items = rest.prefix(limit).map(summary)
    return Page(items: items, nextCursor: rest.count > limit ? items.last?.id : nil)
  }

  /// One entry of the catalogue.
  /// - Throws: `not_found`.
  func show(_ id: String) throws -> ProviderSummary {
    guard let provider = catalogue.provider(id) else {
      throw ServiceError(.notFound, "The catalogue has no such provider.")
    }
    return summary(provider)
  }

  /// Where only the operator's settings are missing in the URL, the summary shows it filled in.
  private func summary(_ provider: Provider) -> ProviderSummary {
    var summary = provider.summary
    if summary.variables.isEmpty, let resolved = try? provider.resolve(insecureHosts: insecureHosts) {
      summary.providerUrl = resolved.provider.providerUrl
    }
    return summary
  }
}
