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

  @Test func callsAreLimitedByPersonAndByOrganization() async throws {
    let variables = ["LANYARD_LIMITS_CALLS_PER_USER": "2", "LANYARD_LIMITS_CALLS_PER_ORGANIZATION": "4"]
    try await RunningGateway.with(variables: variables) { gateway async throws in
      func codes(_ credential: String, _ count: Int) async throws -> [ErrorCode?] {
        var codes: [ErrorCode?] = []
        for _ in 0..<count { codes.append(try await gateway.call("GET", "/v1/me", as: credential).code) }
        return codes
      }
      #expect(try await codes("lys_member", 4) == [nil, nil, .rateLimited, .rateLimited])
      // One person, whatever the session and the route.
      #expect(try await gateway.resolve(as: "lys_owner").code == .rateLimited)
      // What the person was refused is not taken from the organization's share.
      #expect(try await codes("lyk_key", 3) == [nil, nil, .rateLimited])
      let refused = try await gateway.call("GET", "/v1/me", as: "lyk_key")
      #expect(Int(refused.header("Retry-After") ?? "") != nil)
    }
  }

  @Test func refusedCredentialsAreLimitedByAddress() async throws {
    try await RunningGateway.with(variables: ["LANYARD_LIMITS_REFUSED_CREDENTIALS_PER_ADDRESS": "2"]) {
      gateway async throws in
      var codes: [ErrorCode?] = []
      for _ in 0..<4 { codes.append(try await gateway.resolve(as: "lys_nobody").code) }
      #expect(codes == [.unauthenticated, .unauthenticated, .rateLimited, .rateLimited])
    }
  }

  @Test(
    arguments: [
      ("203.0.113.7", "203.0.113.7"), ("::ffff:203.0.113.7", "203.0.113.7"),
      ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"), ("2001:DB8:1:2::", "2001:db8:1:2::/64"), ("::1", "::/64"),
      ("unknown", "unknown"), ("", ""),
    ])
  func aSubscriberIsOneCaller(_ address: String, _ key: String) { #expect(CallerAddress.key(address) == key) }

  @Test func addressesOfOneNetworkHaveOneLimit() async throws {
    let variables = [
      "LANYARD_LIMITS_REFUSED_CREDENTIALS_PER_ADDRESS": "1", "LANYARD_PUBLIC_ADDRESS_HEADER": "X-Forwarded-For",
    ]
    try await RunningGateway.with(variables: variables) { gateway async throws in
      func code(_ address: String) async throws -> ErrorCode? {
        try await gateway.call("GET", "/v1/me", as: "lys_nobody", headers: ["X-Forwarded-For": "::1, \(address)"]).code
      }
      #expect(try await code("2001:db8::1") == .unauthenticated)
      #expect(try await code("2001:db8::ffff:1") == .rateLimited)
      #expect(try await code("2001:db8:0:1::1") == .unauthenticated)
      #expect(try await code("203.0.113.7") == .unauthenticated)
      #expect(try await code("203.0.113.8") == .unauthenticated)
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
