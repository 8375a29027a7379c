import Foundation
import Testing

@testable import VaultKit

/// The rules of a provider's weather, each with its numbers.
@Suite struct ProviderWeatherTests {
  private static let start = Date(timeIntervalSince1970: 1_800_000_000)
  private static let limit = ProviderWeather.Limit(perSecond: 50)

  private static func at(_ seconds: Double) -> Date { start + seconds }

  private func clear() -> ProviderWeather { ProviderWeather(Self.limit, at: Self.start) }

  private func storm() -> ProviderWeather {
    var weather = clear()
    for _ in 0..<ProviderWeather.leastCalls { weather.noteFailure(retryAfter: nil, at: Self.start) }
    return weather
  }

  /// Who may call within so many seconds, when far too many ask all the time.
  private func calls(_ weather: inout ProviderWeather, from: Double, to: Double) -> Int {
    var count = 0
    for step in 0..<Int((to - from) * 1_000) {
      if case .go = weather.admit(Self.limit, .caller, at: Self.at(from + Double(step) / 1_000)) { count += 1 }
    }
    return count
  }

  @Test func aBurstGoesAtOnceAndTheRestKeepsToTheLimit() {
    var weather = clear()
    let answers = (0..<250).map { _ in weather.admit(Self.limit, .caller, at: Self.start) }
    #expect(answers.prefix(100).allSatisfy { $0 == .go(afterSeconds: 0) })
    #expect(answers[100] == .go(afterSeconds: 0.02))
    #expect(answers[199] == .go(afterSeconds: 2))
    guard case .later(let seconds) = answers[200] else { return #expect(Bool(false), "\(answers[200])") }
    #expect(seconds > 2 && seconds < 2.1)
    #expect(answers.dropFirst(200).allSatisfy { $0 == answers[200] }, "who is sent away takes no place")
  }

  @Test func overTenSecondsTheLimitHolds() {
    var weather = clear()
    let count = calls(&weather, from: 0, to: 10)
    #expect((600...702).contains(count), "\(count): two seconds' worth at once, two seconds' worth of places ahead")
    #expect((495...505).contains(calls(&weather, from: 10, to: 20)))
  }

  @Test func aFewFailuresAreNoStorm() {
    var weather = clear()
    for _ in 0..<(ProviderWeather.leastCalls - 1) { weather.noteFailure(retryAfter: nil, at: Self.start) }
    #expect(weather.state == .clear)
    weather = clear()
    for _ in 0..<100 {
      weather.noteAnswer(Self.limit, at: Self.start)
      weather.noteAnswer(Self.limit, at: Self.start)
      weather.noteFailure(retryAfter: nil, at: Self.start)
    }
    #expect(weather.state == .clear, "a third of all calls")
    weather = clear()
    for second in 0..<30 { weather.noteFailure(retryAfter: nil, at: Self.at(Double(second) * 31)) }
    #expect(weather.state == .clear, "one in half a minute")
  }

  @Test func inAStormOneProbeGoesEveryTenSeconds() {
    var weather = storm()
    #expect(weather.state == .storm)
    #expect(weather.admit(Self.limit, .caller, at: Self.at(1)) == .later(seconds: 9))
    #expect(calls(&weather, from: 1, to: 121) == 12)
    weather.noteFailure(retryAfter: nil, at: Self.at(121))
    #expect(weather.state == .storm)
  }

  @Test func afterAnAnswerTheCallsComeBackLittleByLittle() {
    var weather = storm()
    _ = weather.admit(Self.limit, .caller, at: Self.at(10))
    weather.noteAnswer(Self.limit, at: Self.at(10))
    #expect(weather.state == .clearing)
    let tenths = (0..<6).map { calls(&weather, from: 10 + Double($0) * 10, to: 20 + Double($0) * 10) }
    #expect(tenths == tenths.sorted(), "\(tenths)")
    #expect(tenths[0] < 140 && tenths[5] > 400, "\(tenths): of 500 in ten seconds")
    #expect(weather.state == .clearing)
    _ = weather.admit(Self.limit, .caller, at: Self.at(70))
    #expect(weather.state == .clear)
  }

  @Test func aStormCanComeBackWhileItClears() {
    var weather = storm()
    weather.noteAnswer(Self.limit, at: Self.at(10))
    for _ in 0..<ProviderWeather.leastCalls { weather.noteFailure(retryAfter: nil, at: Self.at(11)) }
    #expect(weather.state == .storm)
  }

  @Test func whatTheProviderAsksForIsKept() {
    var weather = clear()
    weather.noteFailure(retryAfter: 30, at: Self.start)
    weather.noteFailure(retryAfter: 5, at: Self.start)
    #expect(weather.admit(Self.limit, .caller, at: Self.at(10)) == .later(seconds: 20), "the longest wish")
    #expect(weather.admit(Self.limit, .caller, at: Self.at(30)) == .go(afterSeconds: 0))
    weather.noteFailure(retryAfter: 86_400, at: Self.start)
    #expect(weather.admit(Self.limit, .caller, at: Self.at(3_600)) == .go(afterSeconds: 0), "an hour at most")
    weather.noteFailure(retryAfter: 60, at: Self.at(3_600))
    weather.noteAnswer(Self.limit, at: Self.at(3_601))
    #expect(
      weather.admit(Self.limit, .caller, at: Self.at(3_601)) == .go(afterSeconds: 0), "an answer says more than a wish")
  }

  @Test func aClockThatGoesBackGivesNothingAway() {
    var weather = clear()
    for _ in 0..<100 { _ = weather.admit(Self.limit, .caller, at: Self.start) }
    #expect(weather.admit(Self.limit, .caller, at: Self.at(-100)) != .go(afterSeconds: 0))
  }

  // MARK: Refreshes without a caller

  /// Calls of the queue, which asks a thousand times a second, beside a number of callers; and how many of those waited.
  private func queue(
    _ weather: inout ProviderWeather, callersPerSecond: Int, from: Double, to: Double
  ) -> (queue: Int, callers: Int, waiting: Int) {
    var counts = (queue: 0, callers: 0, waiting: 0)
    for step in 0..<Int((to - from) * 1_000) {
      let now = Self.at(from + Double(step) / 1_000)
      if callersPerSecond > 0, step.isMultiple(of: 1_000 / callersPerSecond) {
        counts.callers += 1
        if weather.admit(Self.limit, .caller, at: now) != .go(afterSeconds: 0) { counts.waiting += 1 }
      }
      if case .go = weather.admit(Self.limit, .queue, at: now) { counts.queue += 1 }
    }
    return counts
  }

  @Test func theQueueHasTheWholeLimitWhileNobodyAsks() {
    var weather = clear()
    #expect((540...551).contains(queue(&weather, callersPerSecond: 0, from: 0, to: 10).queue), "and half of the burst")
    #expect((495...505).contains(queue(&weather, callersPerSecond: 0, from: 10, to: 20).queue))
  }

  @Test func theQueueHasAFifthWhileCallersAskAndNoneOfThemWaits() {
    var weather = clear()
    _ = queue(&weather, callersPerSecond: 0, from: 0, to: 10)
    let counts = queue(&weather, callersPerSecond: 20, from: 10, to: 20)
    #expect(counts.callers == 200 && counts.waiting == 0)
    #expect((95...111).contains(counts.queue), "\(counts.queue) of 500")
  }

  @Test func theQueueStandsBackWhereCallersNeedTheWholeLimit() {
    var weather = clear()
    _ = queue(&weather, callersPerSecond: 0, from: 0, to: 10)
    let first = queue(&weather, callersPerSecond: 50, from: 10, to: 20)
    #expect(first.waiting == 0)
    #expect(first.queue <= 12, "\(first.queue): what the bursts had left")
    let second = queue(&weather, callersPerSecond: 100, from: 20, to: 30)
    #expect(second.queue == 0)
  }

  @Test func theQueueComesBackWhenCallersHaveGone() {
    var weather = clear()
    _ = queue(&weather, callersPerSecond: 50, from: 0, to: 10)
    let gone = 10 + ProviderWeather.callerSeconds
    _ = queue(&weather, callersPerSecond: 0, from: 10, to: gone)
    #expect(queue(&weather, callersPerSecond: 0, from: gone, to: gone + 10).queue >= 495)
  }

  @Test func theProbeOfAStormIsLeftToCallersWhileThereAreAny() {
    var weather = storm()
    _ = weather.admit(Self.limit, .caller, at: Self.at(9))
    #expect(weather.admit(Self.limit, .queue, at: Self.at(11)) == .later(seconds: ProviderWeather.probeSeconds))
    #expect(weather.admit(Self.limit, .caller, at: Self.at(11)) == .go(afterSeconds: 0))
    #expect(weather.admit(Self.limit, .queue, at: Self.at(31)) == .go(afterSeconds: 0), "nobody else finds out")
  }

  @Test func whoWasSentAwayRightAfterAProbeHasTheNextOne() {
    var weather = storm()
    #expect(weather.admit(Self.limit, .queue, at: Self.at(10)) == .go(afterSeconds: 0))
    #expect(weather.admit(Self.limit, .caller, at: Self.at(10.5)) == .later(seconds: 9.5))
    #expect(weather.admit(Self.limit, .queue, at: Self.at(20.5)) == .later(seconds: ProviderWeather.probeSeconds))
    #expect(weather.admit(Self.limit, .caller, at: Self.at(20.6)) == .go(afterSeconds: 0))
  }

  @Test func aSmallLimitStillLetsTheQueueThrough() {
    var weather = ProviderWeather(.init(perSecond: 1), at: Self.start)
    var calls = 0
    for second in 0..<100 {
      if case .go = weather.admit(.init(perSecond: 1), .caller, at: Self.at(Double(second * 2))) { calls += 1 }
      if case .go = weather.admit(.init(perSecond: 1), .queue, at: Self.at(Double(second * 2) + 1.5)) { calls += 1 }
    }
    #expect(calls > 110, "\(calls)")
  }
}
