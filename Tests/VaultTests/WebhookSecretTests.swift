import Crypto
import Foundation
import Model
import ServiceKit
import ServiceTokens
import TestSupport
import Testing

@testable import VaultKit

/// The secrets of webhooks sign messages and never leave the vault.
@Suite struct WebhookSecretTests {
  private static let webhook = WebhookID(rawValue: "whk_1")
  private static let secret = "whsec_" + Data("0123456789abcdef0123456789abcdef".utf8).base64EncodedString()

  private func grant(
    _ purpose: Grant.Purpose, _ organization: OrganizationID, _ vault: VaultUnderTest,
    _ change: (inout Grant) -> Void = { _ in }
  ) throws -> SignedGrant {
    let now = Date()
    var grant = Grant(
      organizationId: organization, userId: nil, actor: Actor(kind: .service, id: "policy"), purposes: [purpose],
      integrationIds: [], scope: nil, webhookId: Self.webhook, presenters: [.policy], issuedAt: now,
      expiresAt: now + 30)
    change(&grant)
    return try vault.keys.grantSigner.sign(grant)
  }

  private func put(_ organization: OrganizationID, _ vault: VaultUnderTest) async throws {
    _ = try await vault.policy.call(
      SecretEndpoints.put,
      PutSecret(
        kind: .webhookSecret, ownerId: Self.webhook.rawValue, value: WireSecret(Self.secret), expiresAt: nil),
      grant: try grant(.writeSecret, organization, vault))
  }

  private func sign(_ grant: SignedGrant, _ vault: VaultUnderTest) async throws -> String {
    try await vault.policy.call(
      SecretEndpoints.signWebhook,
      SignWebhook(
        webhookId: Self.webhook, id: NotificationID(rawValue: "msg_1"), timestamp: 1_767_323_045, body: #"{"a":1}"#),
      grant: grant
    ).signature
  }

  @Test func aMessageIsSignedByTheFormulaOfTheStandard() async throws {
    try await VaultUnderTest.with { vault in
      let organization = OrganizationID.random()
      try await put(organization, vault)
      let signature = try await sign(try grant(.signWebhook, organization, vault), vault)
      let code = HMAC<SHA256>.authenticationCode(
        for: Data(#"msg_1.1767323045.{"a":1}"#.utf8),
        using: SymmetricKey(data: Data("0123456789abcdef0123456789abcdef".utf8)))
      #expect(signature == "v1," + Data(code).base64EncodedString())
      let stored = try vault.sql("SELECT string_agg(encode(sealed_value, 'escape'), ' ') FROM organization_secret")
      #expect(!stored.contains("MDEyMzQ1") && !vault.log.text.contains("MDEyMzQ1"))
    }
  }

  /// The example of the specification, computed by others.
  @Test func theSpecificationsExampleComesOut() throws {
    let message = SignWebhook(
      webhookId: Self.webhook, id: NotificationID(rawValue: "msg_p5jXN8AQM9LWM0D4loKWxJek"), timestamp: 1_614_265_330,
      body: #"{"test": 2432232314}"#)
    #expect(
      try WebhookSignature.make(message, with: Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"))
        == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
    #expect(throws: ServiceError.self) { try WebhookSignature.make(message, with: Secret("plain")) }
  }

  @Test func aGrantThatDoesNotNameTheWebhookSignsNothing() async throws {
    try await VaultUnderTest.with { vault in
      let organization = OrganizationID.random()
      try await put(organization, vault)
      let wrong: [(String, (inout Grant) -> Void)] = [
        ("purpose", { $0.purposes = [.writeSecret, .administer] }), ("no webhook", { $0.webhookId = nil }),
        ("other webhook", { $0.webhookId = WebhookID(rawValue: "whk_2") }),
        ("presenter", { $0.presenters = [.gateway] }),
      ]
      for (name, change) in wrong {
        let signed = try grant(.signWebhook, organization, vault, change)
        #expect(await code { try await sign(signed, vault) } == .grantRefused, "\(name)")
      }
      let elsewhere = try grant(.signWebhook, .random(), vault)
      #expect(await code { try await sign(elsewhere, vault) } == .notFound)
      let unnamed = try grant(.writeSecret, organization, vault) { $0.webhookId = nil }
      #expect(
        await code {
          try await vault.policy.call(
            SecretEndpoints.delete, DeleteSecret(kind: .webhookSecret, ownerId: "whk_1"), grant: unnamed)
        } == .grantRefused)
    }
  }
}
