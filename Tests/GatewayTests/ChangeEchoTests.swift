import Foundation
import Model
import Synchronization
import TestSupport
import Testing

@testable import GatewayKit

/// Whoever changed something is told once this replica has heard of it.
@Suite(.timeLimit(.minutes(1))) struct ChangeEchoTests {
  private let organization = OrganizationID.random()

  /// What happened, in order.
  private final class Log: Sendable {
    private let lines = Mutex<[String]>([])
    var all: [String] { lines.withLock { $0 } }
    func note(_ line: String) { lines.withLock { $0.append(line) } }
  }

  @Test func aChangeIsOverWhenItWasHeardOf() async throws {
    // On a busy machine this test itself may take longer than anybody is let wait.
    let (echo, log, organization) = (ChangeEcho(longest: .seconds(60)), Log(), organization)
    echo.feedFollowed(.vault)
    let (made, making) = AsyncStream<Void>.makeStream()
    async let value = {
      let value = try await echo.after(organization) {
        making.yield()
        return 7
      }
      log.note("over")
      return value
    }()
    for await _ in made { break }
    // Another's change says nothing about this one.
    echo.organizationChanged(.random())
    for _ in 0..<10 { try await letOthersRun() }
    log.note("heard of")
    echo.organizationChanged(organization)
    #expect(try await value == 7)
    #expect(log.all == ["heard of", "over"])
  }

  @Test func withoutTheFeedNothingIsHeldAndNobodyWaits() async throws {
    let (echo, begin) = (ChangeEcho(), ContinuousClock.now)
    for _ in 0..<20 { #expect(try await echo.after(organization) { 1 } == 1) }
    echo.feedFollowed(.vault)
    echo.feedLost(.vault)
    for _ in 0..<20 { #expect(try await echo.after(organization) { 1 } == 1) }
    #expect(ContinuousClock.now - begin < .seconds(20), "each would have waited for a second")
  }

  @Test func aChangeThatFailsIsNotWaitedFor() async throws {
    let echo = ChangeEcho()
    echo.feedFollowed(.vault)
    await #expect(throws: ServiceError.self) {
      try await echo.after(organization) { throw ServiceError(.notFound, "There is none.") }
    }
  }
}
