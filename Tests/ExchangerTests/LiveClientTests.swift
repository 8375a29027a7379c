import Foundation
import Model
import Providers
import Testing

@testable import ExchangerKit

/// Two live client secrets at a provider: the newest first, the one before it once, and never a grant at stake.
@Suite struct LiveClientTests {
  private static let granted = #"{"access_token":"new","token_type":"Bearer"}"#

  private static func refusal(_ code: String) -> TransportDouble.Script {
    .reply(code == "invalid_client" ? 401 : 400, #"{"error":"\#(code)"}"#)
  }

  private static let two = LiveClient(
    id: "client", secret: WireSecret("new-secret"),
    versions: ClientSecretVersions(current: 2, previous: VersionedSecret(version: 1, value: WireSecret("old-secret"))))

  private func refresh(
    as client: LiveClient = two, _ transport: TransportDouble, within deadline: Duration = ProviderDeadline.exchange
  ) async throws -> ClientAnswer {
    var custom = Samples.custom
    custom.clientAuth = .post
    let provider = try Samples.provider(custom)
    return try await TokenClient(transport: transport).tokens(for: client, of: provider.provider, within: deadline) {
      try provider.refresh(token: Secret("refresh"), redirectUri: "https://x.example/oauth/callback", client: $0)
    }
  }

  /// Which secrets were sent, in order.
  private func sent(_ transport: TransportDouble) -> [String] {
    transport.bodies.map { body in
      body.contains("client_secret=new-secret") ? "new" : body.contains("client_secret=old-secret") ? "old" : "none"
    }
  }

  @Test func theNewestIsEnoughWhereTheProviderTakesIt() async throws {
    let transport = TransportDouble(.reply(200, Self.granted))
    let answer = try await refresh(transport)
    #expect(sent(transport) == ["new"])
    #expect(answer.verdict == ClientSecretVerdict(accepted: 2))
  }

  @Test(arguments: ["invalid_client", "incorrect_client_credentials", "bad_client_secret"])
  func theOneBeforeItIsTriedWhereTheProviderRefusesTheNewest(_ word: String) async throws {
    let transport = TransportDouble(Self.refusal(word), .reply(200, Self.granted))
    let answer = try await refresh(transport)
    #expect(sent(transport) == ["new", "old"])
    #expect(answer.verdict == ClientSecretVerdict(accepted: 1, refused: [2]))
    #expect(answer.client.secret?.expose { $0 } == "old-secret")
    #expect(transport.bodies.allSatisfy { $0.contains("refresh_token=refresh") })
  }

  /// After any other answer the provider may have looked at the grant, or says nothing about the secret.
  @Test(arguments: [
    refusal("invalid_grant"), refusal("unauthorized_client"), refusal("invalid_request"), .reply(401, "<html></html>"),
    .reply(503, #"{"error":"invalid_client"}"#), .reply(200, "{}"), .silence(.outcomeUnknown(reason: "timeout")),
    .silence(.notSent(reason: "not_sent_connect")),
  ])
  func nothingElseMakesTheOlderOneTried(_ script: TransportDouble.Script) async throws {
    let transport = TransportDouble(script, .reply(200, Self.granted))
    await #expect(throws: TokenFailure.self) { try await refresh(transport) }
    #expect(sent(transport) == ["new"])
  }

  @Test func aClientOfWhichNoSecretIsKnownSaysSo() async throws {
    let transport = TransportDouble(Self.refusal("invalid_client"), Self.refusal("invalid_client"))
    let failure = await #expect(throws: TokenFailure.self) { try await refresh(transport) }
    #expect(sent(transport) == ["new", "old"])
    #expect(failure?.failure == .configError)
    #expect(failure?.secrets == ClientSecretVerdict(refused: [2, 1]))
    #expect(failure?.secrets?.isRefusal == true)
  }

  @Test func aRefusedGrantProvesTheSecretThatItWasAskedWith() async throws {
    let transport = TransportDouble(Self.refusal("invalid_client"), Self.refusal("invalid_grant"))
    let failure = await #expect(throws: TokenFailure.self) { try await refresh(transport) }
    #expect(failure?.failure == .needsReauthorization)
    #expect(failure?.secrets == ClientSecretVerdict(accepted: 1, refused: [2]))
  }

  /// What goes wrong with the older one is no word about the client: nothing is stopped for it.
  @Test(arguments: [
    (TransportDouble.Script.silence(.outcomeUnknown(reason: "timeout")), RefreshFailureClass.outcomeUnknown),
    (.reply(503, ""), .transient), (refusal("unauthorized_client"), .configError),
  ])
  func onlyARefusalOfBothIsARefusalOfTheClient(
    _ script: TransportDouble.Script, _ expected: RefreshFailureClass
  ) async throws {
    let transport = TransportDouble(Self.refusal("invalid_client"), script)
    let failure = try #require(await #expect(throws: TokenFailure.self) { try await refresh(transport) })
    #expect(failure.failure == expected && failure.secrets?.refused == [2])
    let lease = LeaseReference(
      organizationId: .random(), connectionId: .random(), fence: 1, generation: 1)
    let told = FailRefresh(
      lease: lease, failure: failure.failure, reason: failure.reason, secrets: failure.secrets)
    #expect(!told.isClientRefusal)
  }

  /// Cut off in the middle, the second try could spend the refresh token without an answer.
  @Test func theOlderOneIsNotTriedInTheLastMoment() async throws {
    let transport = TransportDouble(Self.refusal("invalid_client"), .reply(200, Self.granted))
    let failure = await #expect(throws: TokenFailure.self) {
      try await refresh(transport, within: ProviderDeadline.leastForAnother)
    }
    #expect(failure?.failure == .transient && failure?.reason == "not_enough_time")
    #expect(sent(transport) == ["new"])
  }

  @Test func withoutVersionsNothingIsSaidAboutSecrets() async throws {
    let older = LiveClient(id: "client", secret: WireSecret("new-secret"), versions: nil)
    let failure = await #expect(throws: TokenFailure.self) {
      try await refresh(as: older, TransportDouble(Self.refusal("invalid_client")))
    }
    #expect(failure?.secrets == nil)
    let publicClient = TransportDouble(.reply(200, Self.granted))
    #expect(try await refresh(as: LiveClient(id: "client", secret: nil, versions: nil), publicClient).verdict == nil)
    #expect(sent(publicClient) == ["none"])
  }

  @Test func aRevocationTriesTheOlderOneToo() async throws {
    let transport = TransportDouble(Self.refusal("invalid_client"), .reply(200, ""), .reply(200, ""))
    let outcome = await revoke(transport)
    #expect(outcome.state == .revoked)
    #expect(transport.bodies.count == 3)
  }

  @Test func aRevocationOfARefusedClientWaitsForItsOwner() async throws {
    let transport = TransportDouble(Self.refusal("invalid_client"), Self.refusal("invalid_client"))
    let outcome = await revoke(transport)
    #expect(outcome == TokenRevoker.Outcome(state: .pending, reason: "client_refused"))
    #expect(transport.bodies.count == 2, "each secret once")
  }

  private func revoke(_ transport: TransportDouble) async -> TokenRevoker.Outcome {
    guard let provider = try? Samples.provider() else { return .init(state: .failed, reason: "no_provider") }
    return await TokenRevoker(transport: transport).revoke(
      accessToken: Secret("access"), refreshToken: Secret("refresh"), at: provider,
      clients: Self.two.attempts.map(\.credentials))
  }
}
