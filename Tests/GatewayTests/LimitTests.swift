import Foundation
import Model
import ServiceKit
import Testing

@testable import GatewayKit

@Suite struct LimitTests {
  @Test func onlySoManyWaitAtOnceAndAPlaceIsGivenBack() async throws {
    let limiter = ConcurrencyLimiter<Int>(maximum: 1)
    try await limiter.run(1) {
      await #expect {
        try await limiter.run(1) {}
      } throws: {
        ($0 as? ServiceError)?.code == .rateLimited
      }
      try await limiter.run(2) {}
    }
    await #expect(throws: CancellationError.self) { try await limiter.run(1) { throw CancellationError() } }
    try await limiter.run(1) {}
  }

  @Test func askingWhetherThereIsOneTakesNone() throws {
    let limiter = RateLimiter<Int>(perMinute: 1)
    for _ in 0..<5 { try limiter.require(1) }
    try limiter.take(1)
    #expect(throws: ServiceError.self) { try limiter.require(1) }
    try limiter.require(2)
  }

  @Test func refusedCredentialsAreLimitedByAddress() async throws {
    try await RunningGateway.with(variables: ["LANYARD_LIMITS_REFUSED_CREDENTIALS_PER_ADDRESS": "2"]) {
      gateway async throws in
      var codes: [ErrorCode?] = []
      for _ in 0..<4 { codes.append(try await gateway.resolve(as: "lys_nobody").code) }
      #expect(codes == [.unauthenticated, .unauthenticated, .rateLimited, .rateLimited])
    }
  }

  @Test func aLoweredCeilingNarrowsWhatIsAskedForAgain() throws {
    let integration = ConnectionAccess.IntegrationSummary(
      id: IntegrationID(rawValue: "int_1"), name: "Code", provider: "github", providerName: "GitHub",
      providerUrl: "https://github.com", defaultScopes: ["repo"], maximumScopes: ["repo"],
      identityScopes: ["read:user"])
    let scope = ConnectionScope(applicationType: .application, applicationId: "app", appId: "app")
    let connection = Connection(
      id: ConnectionID(rawValue: "con_1"), userId: UserID(rawValue: "usr_1"), integrationId: integration.id,
      provider: "github", providerUrl: "https://github.com", scope: scope, applicationName: nil,
      providerAccountId: "1", displayIdentifier: "ada", displayName: nil, displayAvatar: nil,
      scopes: ["admin", "read:user", "repo"], isDefault: false, status: .active, reason: nil, expiresAt: nil,
      createdAt: .now, lastUsedAt: nil)
    let wish = FlowWish(application: nil, scopes: nil, again: connection)
    #expect(FlowStarter.scopes(wish, of: integration) == ["repo", "read:user"])
  }
}
