import Foundation
import Model
import Synchronization
import TestSupport
import Testing

@testable import GatewayKit

/// What the gateway remembers of the policy service, and when it forgets.
@Suite struct CacheTests {
  @Test func theSameQuestionIsAskedOnceUntilTheOrganizationChanges() async throws {
    try await RunningGateway.with { gateway async throws in
      func asked() -> [Int] {
        [gateway.calls(SessionEndpoints.verify).count, gateway.calls(AccessEndpoints.authorize).count]
      }
      for _ in 0..<3 { _ = try await gateway.resolve() }
      #expect(asked() == [1, 1])
      await gateway.neighbours.changes.publish(.random())
      _ = try await gateway.resolve()
      #expect(asked() == [1, 1], "another organization's change")
      await gateway.neighbours.changes.publish(gateway.neighbours.organizationId)
      _ = try await gateway.resolve()
      #expect(asked() == [2, 2])
    }
  }

  @Test func aGrantThatEndsSoonIsAskedForAgain() async throws {
    try await RunningGateway.with { gateway async throws in
      let n = gateway.neighbours
      n.on(AccessEndpoints.authorize) { _ in try .json(n.access(lifetime: 15)) }
      for _ in 0..<2 { _ = try await gateway.resolve() }
      #expect(gateway.calls(AccessEndpoints.authorize).count == 2)
    }
  }

  @Test func anAnswerAskedForBeforeAChangeIsNotKept() async throws {
    try await RunningGateway.with { gateway async throws in
      let n = gateway.neighbours
      let (arrived, arriving) = AsyncStream<Void>.makeStream()
      let (released, releasing) = AsyncStream<Void>.makeStream()
      let first = Mutex(true)
      n.on(AccessEndpoints.authorize) { _ in
        if first.withLock({ isFirst in
          defer { isFirst = false }
          return isFirst
        }) {
          arriving.yield()
          for await _ in released {}
        }
        return try .json(n.access())
      }
      async let old = gateway.resolve()
      for await _ in arrived { break }
      await n.changes.publish(n.organizationId)
      #expect(try await gateway.resolve().status == 200, "does not join the question from before the change")
      releasing.finish()
      #expect(try await old.status == 200)
      _ = try await gateway.resolve()
      #expect(
        gateway.calls(AccessEndpoints.authorize).count == 2, "the answer after the change is kept, the old one is not")
    }
  }

  @Test func nothingIsKeptWhileTheFeedIsLost() {
    let cache = FeedBoundCache<Int, String>(maximumCount: 2)
    let organization = OrganizationID.random()
    func keep(_ key: Int, askedIn epoch: Int? = nil) {
      cache.keep("v", for: key, organizationId: organization, until: .now + 60, askedIn: epoch ?? cache.epoch)
    }
    keep(1)
    #expect(cache.value(for: 1) == nil, "before the feed is followed")
    let before = cache.epoch
    cache.feedFollowed(.policy)
    keep(1, askedIn: before)
    #expect(cache.value(for: 1) == nil, "asked while nobody watched")
    keep(1)
    #expect(cache.value(for: 1) == "v")
    #expect(cache.value(for: 1, now: .now + 61) == nil)
    cache.feedLost(.policy)
    #expect(cache.value(for: 1) == nil)
    #expect(throws: ServiceError.self) { try cache.requireFeed() }
    cache.feedFollowed(.policy)
    for key in 1...3 { keep(key) }
    #expect(cache.value(for: 1) == nil && cache.value(for: 3) == "v", "bounded")
  }

  @Test func aBucketFillsUpAgainAndNamesTheWait() throws {
    let limiter = RateLimiter<String>(perMinute: 2)
    let start = ContinuousClock.now
    try limiter.take("a", at: start)
    try limiter.take("a", at: start)
    try limiter.take("b", at: start)
    #expect { try limiter.take("a", at: start) } throws: { ($0 as? ServiceError)?.retryAfter == 30 }
    try limiter.take("a", at: start + .seconds(30))
  }
}
