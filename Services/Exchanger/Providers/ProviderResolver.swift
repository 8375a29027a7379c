import Model
import Providers

/// Finds the row of an Integration: the catalogue's with its variables, or the owner's own description.
struct ProviderResolver: Sendable {
  let catalogue: ProviderCatalogue
  /// `host:port` entries that may use http: the operator's egress list.
  let insecureHosts: Set<String>

  /// - Throws: `ProviderError`.
  func resolve(_ client: IntegrationClient) throws -> ResolvedProvider {
    if client.provider == Provider.customID {
      guard let custom = client.custom else { throw ProviderError.missingValue("custom") }
      return try Provider.custom(custom, insecureHosts: insecureHosts)
    }
    return try catalogue.require(client.provider).resolve(variables: client.variables, insecureHosts: insecureHosts)
  }
}
