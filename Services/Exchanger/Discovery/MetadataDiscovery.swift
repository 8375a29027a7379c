import Egress
import Foundation
import Model
import Providers

/// Finds an authorization server's endpoints by its metadata (RFC 8414, OpenID Connect Discovery), every URL through the egress guard.
struct MetadataDiscovery: Sendable {
  /// For each of the at most three places; together below what the owner's call may take.
  private static let deadline = Duration.seconds(8)

  let transport: any ProviderTransport
  let policy: EgressPolicy

  /// Fills in what an owner left out. What they gave wins; the issuer must be the one that was asked, to the letter.
  ///
  /// - Throws: `invalid_request` naming what is missing or refused.
  func complete(_ custom: CustomProvider) async throws -> CustomProvider {
    var result = custom
    let needsDiscovery = custom.authorizationEndpoint == nil || custom.tokenEndpoint == nil
    if needsDiscovery || custom.issuer != nil {
      let found = try await metadata(of: custom.issuer ?? custom.providerUrl, exactly: custom.issuer != nil)
      guard let found else {
        guard !needsDiscovery else { throw Self.nothingFound(custom) }
        try check(result)
        return result
      }
      // The owner typed where to look; the issuer that counts from now on is in the server's own spelling.
      result.issuer = found.issuer
      result = try result.completed(by: found)
    }
    try check(result)
    return result
  }

  /// The metadata of an issuer, or nil where it publishes none.
  ///
  /// - Parameter exactly: whether the text is an issuer identifier, compared to the letter (RFC 8414 section 3.3), or a URL that somebody typed.
  /// - Throws: `invalid_request` when it names another issuer.
  func metadata(of issuer: String, exactly: Bool) async throws -> AuthorizationServerMetadata? {
    for location in AuthorizationServerMetadata.locations(issuer: issuer) {
      guard let reply = try? await transport.fetch(location, within: Self.deadline), reply.status == 200,
        let found = try? JSONDecoder().decode(AuthorizationServerMetadata.self, from: reply.body)
      else { continue }
      guard found.issuer == issuer || (!exactly && Self.isTyped(found.issuer, issuer)) else {
        throw ProviderError.issuerMismatch
      }
      return found
    }
    return nil
  }

  /// But for a final slash: the issuer that is recorded is then the server's own spelling.
  private static func isTyped(_ found: String, _ asked: String) -> Bool { found == asked + "/" || found + "/" == asked }

  /// Every URL of a description may be used, as far as that can be said without the network.
  func check(_ custom: CustomProvider) throws {
    _ = try Provider.custom(custom, insecureHosts: policy.allowedHosts)
    let urls = [
      ("authorizationEndpoint", custom.authorizationEndpoint), ("tokenEndpoint", custom.tokenEndpoint),
      ("revocationEndpoint", custom.revocationEndpoint), ("userinfoEndpoint", custom.userinfoEndpoint),
    ]
    for (field, url) in urls {
      guard let url else { continue }
      do {
        try policy.check(url)
      } catch {
        throw ServiceError(.invalidRequest, "custom.\(field) may not be used. \(EgressError.tenantMessage)")
      }
    }
  }

  private static func nothingFound(_ custom: CustomProvider) -> ServiceError {
    ServiceError(
      .invalidRequest,
      "No metadata was found for custom.\(custom.issuer == nil ? "providerUrl" : "issuer"). "
        + "Give custom.authorizationEndpoint and custom.tokenEndpoint, or check the URL. \(EgressError.tenantMessage)")
  }
}
