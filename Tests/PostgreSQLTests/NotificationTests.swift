import PostgreSQL
import TestSupport
import Testing

struct NotificationTests {
  @Test func subscribersGetWhatIsSentToTheirChannel() async throws {
    try await withDatabase { client, _ in
      var first = client.notifications(on: "one").makeAsyncIterator()
      var second = client.notifications(on: "two").makeAsyncIterator()
      #expect(await first.next() == .reconnected)
      #expect(await second.next() == .reconnected)
      try await client.notify("one", payload: "a")
      try await client.notify("two", payload: "b")
      try await client.transaction { try await $0.notify("one", payload: "c") }
      #expect(await first.next() == .message(payload: "a"))
      #expect(await first.next() == .message(payload: "c"))
      #expect(await second.next() == .message(payload: "b"))
      var late = client.notifications(on: "one").makeAsyncIterator()
      #expect(await late.next() == .reconnected)
    }
  }

  @Test func aRolledBackTransactionSendsNothing() async throws {
    struct Stop: Error {}
    try await withDatabase { client, _ in
      var events = client.notifications(on: "events").makeAsyncIterator()
      #expect(await events.next() == .reconnected)
      try? await client.transaction { transaction in
        try await transaction.notify("events", payload: "never")
        throw Stop()
      }
      try await client.notify("events", payload: "after")
      #expect(await events.next() == .message(payload: "after"))
    }
  }

  @Test func aSubscriberThatDoesNotKeepUpHearsThatItMissedSome() async throws {
    try await withDatabase(
      configure: Adjustment {
        $0.limits.notificationBuffer = 4
        $0.limits.heartbeat = .milliseconds(50)
      }
    ) { client, _ in
      var slow = client.notifications(on: "busy").makeAsyncIterator()
      var fast = client.notifications(on: "marker").makeAsyncIterator()
      #expect(await slow.next() == .reconnected)
      #expect(await fast.next() == .reconnected)
      for number in 0..<10 { try await client.notify("busy", payload: "\(number)") }
      try await client.notify("marker", payload: "end")
      #expect(await fast.next() == .message(payload: "end"))
      for number in 0..<4 { #expect(await slow.next() == .message(payload: "\(number)")) }
      #expect(await slow.next() == .reconnected)
    }
  }

  @Test func theStreamEndsWithTheClient() async throws {
    let stream = try await withDatabase { client, _ in client.notifications(on: "events") }
    for await event in stream { #expect(event == .reconnected) }
  }

  /// The sign of life is a day away: it cannot be what makes up for a call that was not heard.
  @Test func whoeverCallsWhileAnotherIsSeenToIsHeardAtOnce() async throws {
    let onceADay = Adjustment { $0.limits.heartbeat = .seconds(24 * 60 * 60) }
    for _ in 0..<20 {
      try await withDatabase(configure: onceADay) { client, _ in
        await withTaskGroup(of: Void.self) { subscribers in
          let channels: [NotificationChannel] = ["one", "two", "three", "four", "five", "six", "seven", "eight"]
          for number in 0..<40 {
            subscribers.addTask {
              // Each ends its channel again at once, in the middle of the others' beginning.
              for await event in client.notifications(on: channels[number % channels.count]) {
                #expect(event == .reconnected)
                break
              }
            }
          }
        }
      }
    }
  }
}
