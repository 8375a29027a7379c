import Foundation
import Model
import Sealing
import Testing

@testable import VaultKit

@Suite struct UnitTests {
  @Test func tokenRecordsComeBackAsTheyWere() throws {
    for (access, refresh) in [("a", "b"), ("", nil), ("ünï", ""), (String(repeating: "x", count: 70_000), "y")] {
      let record = TokenRecord(accessToken: Secret(access), refreshToken: refresh.map { Secret($0) })
      let back = try TokenRecord(plaintext: record.plaintext)
      #expect(back.accessToken.expose { $0 } == access)
      #expect(back.refreshToken?.expose { $0 } == refresh)
      let bytes = record.plaintext.expose { $0 }
      for length in 0..<min(bytes.count, 20) {
        #expect(throws: SealingError.cannotOpen) { try TokenRecord(plaintext: Secret(Array(bytes.prefix(length)))) }
      }
      #expect(throws: SealingError.cannotOpen) { try TokenRecord(plaintext: Secret(bytes + [0])) }
    }
    #expect("\(TokenRecord(accessToken: Secret("t"), refreshToken: nil))".contains("redacted"))
  }

  @Test func consequencesFollowTheErrorTable() {
    func consequence(_ failure: RefreshFailureClass, failures: Int = 0, unknown: Int = 0, wish: Int? = nil)
      -> RefreshConsequence
    {
      let lease = LeaseReference(organizationId: .random(), connectionId: .random(), fence: 1, generation: 1)
      return RefreshConsequence(
        FailRefresh(lease: lease, failure: failure, reason: "r", retryAfter: wish), failures: failures,
        unknownOutcomes: unknown, jitter: 1)
    }
    #expect(consequence(.transient).status == .degraded)
    #expect(consequence(.transient).pauseSeconds == 2)
    #expect(consequence(.transient, failures: 3).pauseSeconds == 16)
    #expect(consequence(.transient, failures: 1_000).pauseSeconds == 900)
    #expect(consequence(.transient, wish: 120).pauseSeconds == 120)
    #expect(consequence(.transient, wish: 999_999).pauseSeconds == 3_600)
    #expect(consequence(.transient, wish: -5).pauseSeconds == 2)
    #expect(consequence(.outcomeUnknown).pauseSeconds == nil)
    #expect(consequence(.outcomeUnknown).status == nil)
    #expect(consequence(.outcomeUnknown, unknown: 1).status == .degraded)
    #expect(consequence(.needsReauthorization).status == .needsReauthorization)
    #expect(consequence(.configError).status == .configError)
    #expect(consequence(.configError).pauseSeconds == 900)
  }

  @Test func cursorsAreTakenBackExactly() throws {
    let time = Date(timeIntervalSince1970: 1_795_000_000.123457)
    let cursor = PageCursor(time: time, id: "con_x")
    let back = try #require(try PageCursor(PageRequest(cursor: cursor.text)))
    #expect(back.text == cursor.text)
    #expect(try PageCursor(PageRequest()) == nil)
    for limit in [0, -1, 201] { #expect(throws: ServiceError.self) { try PageCursor.limit(PageRequest(limit: limit)) } }
  }

  @Test func comparisonIsRight() {
    #expect(ConstantTime.areEqual("abc", "abc"))
    #expect(!ConstantTime.areEqual("abc", "abd"))
    #expect(!ConstantTime.areEqual("abc", "ab"))
    #expect(ConstantTime.areEqual("", ""))
  }

  @Test func theRateRefillsWithTime() {
    let limit = RateLimit(perSecond: 2)
    let start = ContinuousClock.now
    #expect((0..<10).filter { _ in limit.take(at: start) }.count == 2)
    #expect((0..<10).filter { _ in limit.take(at: start + .milliseconds(500)) }.count == 1)
    #expect((0..<10).filter { _ in limit.take(at: start + .seconds(60)) }.count == 2)
  }

  @Test func whatIsAnnouncedIsLookedAtRarely() throws {
    let patient = try Patience(seconds: 25)
    let pauses = try (0..<200).map { _ in try #require(patient.nextRare()) }
    #expect(pauses.allSatisfy { (.seconds(2) ... .seconds(5)).contains($0) })
    #expect(Set(pauses).count > 100, "many waiters spread")
    let short = try #require(try Patience(seconds: 1).nextRare())
    #expect(short <= .seconds(1))
    let none = try Patience(seconds: 0)
    #expect(none.nextRare() == nil)
    var watching = try Patience(seconds: 25)
    let first = watching.next()
    #expect(try #require(first) <= .milliseconds(50), "a refresh is over in a moment")
  }

  @Test func subjectsSurviveTheirTrip() {
    for subject in [Subject.connection("con_x"), .flow("flw_y"), .revocations] {
      #expect(Subject(payload: subject.payload) == subject)
    }
    for other in ["", "connection", "nothing x"] { #expect(Subject(payload: other) == nil) }
  }

  @Test func anAnnouncementBetweenTwoWaitsIsNotLost() async {
    let listening = Listening()
    listening.signal()
    let start = ContinuousClock.now
    await listening.wait(atMost: .seconds(120))
    #expect(start.duration(to: .now) < .seconds(60))
    let again = ContinuousClock.now
    await listening.wait(atMost: .milliseconds(50))
    #expect(again.duration(to: .now) >= .milliseconds(50))
  }
}
