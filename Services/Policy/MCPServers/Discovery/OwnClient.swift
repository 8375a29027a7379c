import FoundationEssentials
import Model
import Providers

/// Lanyard as a client of authorization servers that it was not registered at by hand.
struct OwnClient: Sendable {
  static let name = "Lanyard"
  /// Where the gateway serves the client document; below it, one for each redirect URI of its own.
  static let documentPath = "/.well-known/oauth-client"

  /// The gateway's origin, without a slash at the end.
  let publicUrl: String

  /// Whether an authorization server can be expected to fetch our client document: a public https address, or the two of them in one
  /// network without https, as in the local stack.
  func isReachable(by issuer: String) -> Bool {
    publicUrl.hasPrefix("https://") || ProviderURL(issuer)?.isHTTPS == false
  }

  func redirectUri(for integration: IntegrationID, at server: CustomProvider) -> String {
    RedirectURI.make(for: integration, provider: Provider.customID, custom: server, publicUrl: publicUrl)
  }

  /// The document with exactly the redirect URI that will be used: it is what stands in for a registration.
  func documentAddress(for integration: IntegrationID, at server: CustomProvider) -> String {
    let isShared = redirectUri(for: integration, at: server) == publicUrl + RedirectURI.path
    return publicUrl + Self.documentPath + (isShared ? "" : "/\(RedirectURI.key(of: integration))")
  }

  /// What an authorization server is asked to register.
  func registration(
    _ integration: IntegrationID, at server: CustomProvider, endpoint: String, scopes: [String]?
  ) -> RegisterAtIssuer {
    let asked = (server.identityScopes ?? []) + (scopes ?? [])
    return RegisterAtIssuer(
      registrationEndpoint: endpoint, redirectUri: redirectUri(for: integration, at: server), clientName: Self.name,
      clientUri: publicUrl, authentication: server.clientAuth ?? .basic, scopes: asked.isEmpty ? nil : asked)
  }
}
