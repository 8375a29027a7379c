import FoundationEssentials
import Synchronization
import Testing

@testable import SandboxKit

@Suite struct ThroughputTests {
  @Test func refreshesPerSecondAreMany() async throws {
    try await TestSandbox.run { sandbox in
      let callers = 16
      let each = 100
      var starts: [String] = []
      for _ in 0..<callers { starts.append(try await sandbox.tokens().refresh) }
      let clock = ContinuousClock()
      let start = clock.now
      try await withThrowingTaskGroup(of: Void.self) { group in
        for first in starts {
          group.addTask {
            var token = first
            for _ in 0..<each { token = try #require(try await sandbox.refresh(token).text("refresh_token")) }
          }
        }
        try await group.waitForAll()
      }
      let seconds = (clock.now - start) / .seconds(1)
      print("figure: sandbox refreshes per second with \(callers) callers: \(Int(Double(callers * each) / seconds))")
      let count = try #require(sandbox.provider.counters.snapshot.grantTypes["refresh_token"])
      #expect(count.processed == callers * each)
      #expect(sandbox.provider.tokens.tally().total.families == callers)
    }
  }

  @Test func constantRefreshDoesNotGrowAFamily() throws {
    var family = TokenFamily(clientID: "c", person: Person.everyone[0], scopes: [.email], authorizedAt: Date())
    _ = family.begin(at: Date(), policy: .standard)
    for generation in 1...1_000 {
      guard
        case .issued = family.refresh(
          generation: UInt64(generation), scopes: nil, at: Date(), policy: .standard)
      else { throw OAuthError(.invalidGrant, "generation \(generation)") }
    }
    #expect(family.live.count == Limits.accessTokensPerFamily)
  }
}
