import FoundationEssentials
import Model

/// An organization's identity provider as it is stored.
struct IdentityProviderRecord: Sendable, Hashable {
  var organizationId: OrganizationID
  var issuer: String
  var clientId: String
  /// Under which the client's secret lies in the vault, as an Integration's does.
  var secretId: IntegrationID
  var scopes: [String]
  var mapping: ClaimMapping
  var createdAt: Date
  var updatedAt: Date

  /// The same client at the same provider: what a stored secret is for.
  func isSameClient(as request: PutIdentityProvider) -> Bool {
    issuer == request.issuer && clientId == request.clientId
  }

  func shown(publicUrl: String) -> IdentityProvider {
    IdentityProvider(
      issuer: issuer, clientId: clientId, scopes: scopes, roleClaim: mapping.roleClaim,
      roleMapping: mapping.roleMapping, groupsClaim: mapping.groupsClaim, linkClaim: mapping.linkClaim,
      allowedDomains: mapping.allowedDomains, redirectUri: redirectUri(publicUrl), createdAt: createdAt,
      updatedAt: updatedAt)
  }

  func client(publicUrl: String) -> SignInClient {
    SignInClient(issuer: issuer, clientId: clientId, redirectUri: redirectUri(publicUrl), scopes: scopes)
  }

  /// One for each organization: an answer that another organization's provider was made to give comes to another place (RFC 9700
  /// section 4.4.2).
  private func redirectUri(_ publicUrl: String) -> String {
    "\(publicUrl)/sign-in/callback/\(organizationId.rawValue)"
  }
}
