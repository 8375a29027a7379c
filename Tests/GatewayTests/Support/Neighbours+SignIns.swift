import Foundation
import Model
import TestSupport

/// What the stub answers about people and the identity provider.
extension Neighbours {
  var user: User {
    User(
      id: UserID(rawValue: "usr_1"), status: .active, externalId: "u1", role: .member, groups: [], createdAt: .now)
  }

  var identityProvider: IdentityProvider {
    IdentityProvider(
      issuer: "https://id.example.com", clientId: "client-1", scopes: ["openid"],
      redirectUri: "https://lanyard.example.com/sign-in/callback/org_1", createdAt: .now, updatedAt: .now)
  }

  func signIns(_ path: String) throws -> StubService.Answer {
    switch path {
    case UserEndpoints.list.path: try .json(Page(items: [user]))
    case UserEndpoints.update.path: try .json(user)
    case IdentityProviderEndpoints.show.path, IdentityProviderEndpoints.put.path: try .json(identityProvider)
    case UserEndpoints.readmit.path, IdentityProviderEndpoints.authorizeChange.path,
      IdentityProviderEndpoints.check.path, IdentityProviderEndpoints.delete.path:
      try .json(Empty())
    default: try rules(path)
    }
  }
}
