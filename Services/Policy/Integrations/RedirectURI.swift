import Model
import Providers

/// Where a provider sends the browser back to.
enum RedirectURI {
  /// The path that every provider of the catalogue shares.
  static let path = "/oauth/callback"

  /// The redirect URI of an Integration.
  ///
  /// A server that does not name itself in its response (`iss`, RFC 9207) could pass its code off as another one's.
  /// Against that mix-up a custom provider gets a redirect URI of its own (RFC 9700 section 4.4.2), unless it is
  /// known to send `iss` and which: a name is no proof without one to compare it with. Providers of the catalogue share
  /// one: their endpoints are fixed by us, none of them is a stranger that an owner brought along, and with the
  /// strangers on other URIs there is nobody left to mix them up with.
  static func make(
    for integration: IntegrationID, provider: String, custom: CustomProvider?, publicUrl: String
  ) -> String {
    let isCustom = provider == Provider.customID
    let namesItself = custom?.sendsIssuer == true && custom?.issuer != nil
    return isCustom && !namesItself ? "\(publicUrl)\(path)/\(key(of: integration))" : "\(publicUrl)\(path)"
  }

  /// The last part of an own redirect URI: the Integration's id, which is random and no secret.
  static func key(of integration: IntegrationID) -> String { integration.rawValue }
}
