import Egress
import Foundation
import Model
import Synchronization
import Testing

@testable import ExchangerKit

@Suite struct IdentityProviderDirectoryTests {
  private let provider = TestIdentityProvider.shared

  /// A clock that stands still until it is moved.
  private final class Clock: Sendable {
    private let time = Mutex(TestIdentityProvider.now)
    var now: Date { time.withLock { $0 } }
    func pass(_ seconds: Double) { time.withLock { $0 += seconds } }
  }

  private func directory(_ transport: TransportDouble, _ clock: Clock) -> IdentityProviderDirectory {
    IdentityProviderDirectory(transport: transport, policy: EgressPolicy(), now: { clock.now })
  }

  private func token(_ keyId: String) throws -> SignedIDToken {
    try SignedIDToken(try provider.sign(header: ["alg": "RS256", "kid": .string(keyId)]))
  }

  @Test func keysAreLookedForOnceAndAgainForANewOneButNotForEachThatSomebodyInvents() async throws {
    let (clock, keys) = (Clock(), try provider.keySet())
    let transport = TransportDouble(.reply(200, TestIdentityProvider.metadata), .reply(200, keys), .reply(200, keys))
    let directory = directory(transport, clock)
    for _ in 0..<3 {
      #expect(try await directory.key(for: try token("rsa"), of: TestIdentityProvider.issuer).id == "rsa")
    }
    #expect(transport.urls.count == 2)
    for number in 0..<20 {
      await #expect(throws: SignInFailure.unknownKey) {
        try await directory.key(for: try token("invented-\(number)"), of: TestIdentityProvider.issuer)
      }
    }
    #expect(transport.urls.count == 2)
    clock.pass(IdentityProviderDirectory.refetchSeconds)
    await #expect(throws: SignInFailure.unknownKey) {
      try await directory.key(for: try token("invented"), of: TestIdentityProvider.issuer)
    }
    #expect(transport.urls.suffix(1) == ["https://id.example.com/keys"] && transport.urls.count == 3)
  }

  @Test func aKeyThatWasTakenAwayStopsAfterAWhile() async throws {
    let clock = Clock()
    let transport = TransportDouble(
      .reply(200, TestIdentityProvider.metadata), .reply(200, try provider.keySet()),
      .reply(200, TestIdentityProvider.metadata), .reply(200, #"{"keys":[]}"#))
    let directory = directory(transport, clock)
    #expect(try await directory.key(for: try token("rsa"), of: TestIdentityProvider.issuer).id == "rsa")
    clock.pass(IdentityProviderDirectory.keptSeconds + 1)
    await #expect(throws: SignInFailure.unknownKey) {
      try await directory.key(for: try token("rsa"), of: TestIdentityProvider.issuer)
    }
  }

  @Test func aProviderThatIsAwayIsAskedAgainTheNextTime() async throws {
    let transport = TransportDouble(
      .reply(200, TestIdentityProvider.metadata), .reply(503, ""), .reply(200, try provider.keySet()))
    let directory = directory(transport, Clock())
    await #expect(throws: ServiceError.self) {
      try await directory.key(for: try token("rsa"), of: TestIdentityProvider.issuer)
    }
    #expect(try await directory.key(for: try token("rsa"), of: TestIdentityProvider.issuer).id == "rsa")
  }

  @Test(arguments: [
    (#""issuer":"https://id.example.com""#, #""issuer":"https://id.example.com/""#),
    (#""S256""#, #""plain""#), (#"["RS256","HS256"]"#, #"["HS256","none"]"#),
    (#""jwks_uri":"https://id.example.com/keys","#, ""),
    (#""https://id.example.com/token""#, #""http://id.example.com/token""#),
    (#""authorization_endpoint":"https://id.example.com/authorize","#, ""),
  ])
  func aProviderThatNobodyCouldSignInWithIsNamedAsSuch(_ part: String, _ instead: String) async throws {
    let text = TestIdentityProvider.metadata.replacing(part, with: instead)
    #expect(text != TestIdentityProvider.metadata)
    let directory = directory(TransportDouble(.reply(200, text), .reply(200, try provider.keySet())), Clock())
    await #expect {
      try await directory.check(TestIdentityProvider.issuer)
    } throws: { error in
      let problem = error as? ServiceError
      return problem?.code == .invalidRequest && problem?.detail.hasPrefix("issuer cannot be used") == true
    }
  }

  @Test func aGoodProviderPasses() async throws {
    let transport = TransportDouble(.reply(200, TestIdentityProvider.metadata), .reply(200, try provider.keySet()))
    try await directory(transport, Clock()).check(TestIdentityProvider.issuer)
    #expect(
      transport.urls == ["https://id.example.com/.well-known/openid-configuration", "https://id.example.com/keys"])
  }
}
