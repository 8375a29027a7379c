import Foundation
import Model
import Providers

/// Learns which account a token belongs to, the way the provider's row says.
struct AccountLookup: Sendable {
  let transport: any ProviderTransport

  /// - Parameter isForResource: whether the token is for a resource of its own (RFC 8707): userinfo need not take it then.
  /// - Throws: `provider_unavailable` when userinfo cannot be read, ``AuthorizationRefusal/foreignIdentity`` for an ID token that is not ours.
  func account(
    of answer: TokenAnswer, parameters: [String: String], nonce: Secret<String>?, isForResource: Bool = false,
    provider: ResolvedProvider, client: ClientCredentials
  ) async throws -> ProviderAccount {
    let rule = provider.provider.account
    let claims = try answer.idToken.map {
      try IDTokenClaims($0, issuer: provider.provider.issuer, clientId: client.id, nonce: nonce)
    }
    let document: JSONValue? =
      switch rule.source {
      case .userinfo: try await userinfo(answer.accessToken, isForResource: isForResource, provider, client)
      case .tokenResponse: answer.document.expose { $0 }
      case .idToken: claims?.document
      case .callback: .object(parameters.mapValues { .string($0) })
      case .none: nil
      }
    // OpenID Connect Core section 5.3.2: userinfo of somebody else must not be used.
    if rule.source == .userinfo, let subject = claims?.document["sub"]?.text, let other = document?["sub"]?.text {
      guard subject == other else { throw AuthorizationRefusal.foreignIdentity }
    }
    if let document, let account = rule.account(in: document) { return account }
    guard rule.source == .none || (isForResource && document == nil) else {
      throw ServiceError(
        .providerRejected, "The provider does not say whose account this is. An owner should check the account paths.")
    }
    if let subject = claims?.document["sub"]?.text {
      let address = claims?.document["email"]?.text
      return ProviderAccount(id: subject, displayIdentifier: address ?? subject)
    }
    // Nothing tells accounts apart here: each consent makes a Connection of its own, which the person can name.
    let id = RandomText.base32(bytes: 10)
    return ProviderAccount(
      id: id, displayIdentifier: "\(provider.provider.name) account \(id.prefix(4))", isGenerated: true)
  }

  private func userinfo(
    _ token: Secret<String>, isForResource: Bool, _ provider: ResolvedProvider, _ client: ClientCredentials
  ) async throws -> JSONValue? {
    guard let request = try provider.userinfo(accessToken: token, client: client) else { return nil }
    let reply: ProviderReply
    do {
      reply = try await transport.send(request, within: ProviderDeadline.exchange)
    } catch is ProviderSilence {
      throw ServiceError(.providerUnavailable, "The provider did not say whose account this is. Connect again.")
    }
    // Their ID token says it as well, where there is one.
    if isForResource, [401, 403].contains(reply.status) { return nil }
    guard reply.isSuccess, let document = try? JSONDecoder().decode(JSONValue.self, from: reply.body) else {
      throw ServiceError(
        .providerUnavailable, "The provider did not say whose account this is (status \(reply.status)). Connect again.")
    }
    return document
  }
}
