import Foundation
import Model
import Rules

extension EvaluationTests {
  private typealias S = Sample

  /// The same condition in an `allow` and in a `deny`.
  private static func argument(
    _ name: String, _ test: ArgumentCondition.Test, at pointer: String = "/q", _ arguments: JSONValue, allow: Bool,
    deny: Bool
  ) -> [Case] {
    [(Decision.Effect.allow, allow), (.deny, deny)].map { effect, matches in
      Case(
        "\(effect.rawValue): \(name)", S.rule(effect, .init(), .init(), S.argument(pointer, test)),
        S.call(arguments: arguments), matches: matches)
    }
  }

  /// A condition that holds or not, whatever the rule's effect.
  private static func argument(
    _ name: String, _ test: ArgumentCondition.Test, at pointer: String = "/q", _ arguments: JSONValue, _ holds: Bool
  ) -> [Case] {
    argument(name, test, at: pointer, arguments, allow: holds, deny: holds)
  }

  private static func time(
    _ name: String, zone: String = "UTC", _ days: [RuleHours.Day]? = nil, _ from: String? = nil, _ to: String? = nil,
    at time: String, _ matches: Bool
  ) -> Case {
    var window: RuleHours.Window?
    if let from = from.flatMap(RuleHours.Time.init), let to = to.flatMap(RuleHours.Time.init) {
      window = .init(from: from, to: to)
    }
    let hours = RuleHours.timeZone(named: zone).map { RuleHours(timeZone: $0, days: days, window: window) }
    return Case(
      name, S.rule(.deny, .init(), .init(), .init(hours: hours)), S.call(at: WireTime.date(time) ?? .distantPast),
      matches: matches)
  }

  private static func rate(_ effect: Decision.Effect, used: Int, _ matches: Bool) -> Case {
    Case(
      "\(effect.rawValue), 3 calls, \(used) used",
      S.rule(effect, .init(), .init(), .init(rate: .init(calls: 3, perSeconds: 60))), S.call(used: used),
      matches: matches)
  }

  private static let composed = "caf\u{E9}"
  private static let decomposed = "cafe\u{301}"

  private static let comparisons: [Case] = [
    argument("equal texts", .equals("a"), ["q": "a"], true),
    argument("other texts", .equals("a"), ["q": "b"], false),
    argument("a text is no number", .equals(1), ["q": "1"], false),
    argument("numbers are equal by value", .equals(1), ["q": 1.0], true),
    argument("long numbers are not rounded", .equals(9_007_199_254_740_993), ["q": 9_007_199_254_740_992.0], false),
    argument("null equals null", .equals(nil), ["q": nil], true),
    argument("two spellings are two texts", .equals(.string(composed)), ["q": .string(decomposed)], false),
    argument("an array equals nothing", .equals("a"), ["q": ["a"]], false),
    argument("unequal", .notEquals("a"), ["q": "b"], true),
    argument("not unequal", .notEquals(1), ["q": 1.0], false),
    argument("an object is unequal to anything", .notEquals("a"), ["q": [:]], true),
    argument("among", .oneOf(["a", 1]), ["q": 1.0], true),
    argument("not among", .oneOf(["a", 1]), ["q": "1"], false),
    argument("begins so", .prefix("SELECT "), ["q": "SELECT 1"], true),
    argument("does not begin so", .prefix("SELECT "), ["q": "select 1"], false),
    argument("a prefix is compared byte by byte", .prefix(composed), ["q": .string(decomposed)], false),
    argument("fits the pattern", S.pattern("/srv/*.txt"), ["q": "/srv/a/b.txt"], true),
    argument("does not fit the pattern", S.pattern("/srv/*.txt"), ["q": "/etc/a.txt"], false),
    argument("less", .lessThan(10), ["q": 9.5], true),
    argument("not less", .lessThan(10), ["q": 10], false),
    argument("greater", .greaterThan(10), ["q": 11], true),
    argument("not greater", .greaterThan(10), ["q": 10.0], false),
  ].flatMap(\.self)

  private static let places: [Case] = [
    argument("a deep place", .equals(1), at: "/a/0/b~1c", ["a": [["b/c": 1]]], true),
    argument("a pointer that leads nowhere", .equals(1), ["other": 1], allow: false, deny: true),
    argument("no arguments", .equals(1), [:], allow: false, deny: true),
    argument("nowhere, and unequal", .notEquals(1), [:], allow: false, deny: true),
    argument("beyond the array", .equals(1), at: "/a/1", ["a": [1]], allow: false, deny: true),
    argument("a number where a text is compared", .prefix("1"), ["q": 1], allow: false, deny: true),
    argument("an array where a pattern is", S.pattern("*"), ["q": ["a"]], allow: false, deny: true),
    argument("a text where a number is compared", .greaterThan(10), ["q": "1000"], allow: false, deny: true),
    argument("null where a number is compared", .lessThan(10), ["q": nil], allow: false, deny: true),
  ].flatMap(\.self)

  private static let two = RuleConditions(arguments: [S.condition("/a", .equals(1)), S.condition("/b", .equals(2))])

  static let conditions: [Case] =
    comparisons + places + [
      Case(
        "two conditions, both hold", S.rule(.deny, .init(), .init(), two), S.call(arguments: ["a": 1, "b": 2]),
        matches: true),
      Case(
        "two conditions, one does not", S.rule(.deny, .init(), .init(), two), S.call(arguments: ["a": 1, "b": 3]),
        matches: false),
      time("within the window", nil, "09:00", "17:00", at: "2026-01-02T09:00:00Z", true),
      time("the last minute", nil, "09:00", "17:00", at: "2026-01-02T16:59:59Z", true),
      time("the end is outside", nil, "09:00", "17:00", at: "2026-01-02T17:00:00Z", false),
      time("until midnight", nil, "17:00", "24:00", at: "2026-01-02T23:59:59Z", true),
      time("past midnight, in the evening", nil, "22:00", "06:00", at: "2026-01-02T22:00:00Z", true),
      time("past midnight, in the morning", nil, "22:00", "06:00", at: "2026-01-02T05:59:00Z", true),
      time("past midnight, by day", nil, "22:00", "06:00", at: "2026-01-02T06:00:00Z", false),
      time("the day", [.friday], at: "2026-01-02T12:00:00Z", true),
      time("another day", [.thursday, .saturday], at: "2026-01-02T12:00:00Z", false),
      time("a night belongs to its evening", [.thursday], "22:00", "06:00", at: "2026-01-02T05:00:00Z", true),
      time("and not to its morning", [.friday], "22:00", "06:00", at: "2026-01-02T05:00:00Z", false),
      time("before 1970", [.wednesday], at: "1969-12-31T23:00:00Z", true),
      time("the place's own day", zone: "Asia/Tokyo", [.saturday], at: "2026-01-02T15:00:00Z", true),
      time("winter there", zone: "Europe/Berlin", nil, "09:00", "10:00", at: "2026-01-02T08:30:00Z", true),
      time("summer there", zone: "Europe/Berlin", nil, "09:00", "10:00", at: "2026-07-02T07:30:00Z", true),
      time(
        "summer, by the winter's clock", zone: "Europe/Berlin", nil, "09:00", "10:00", at: "2026-07-02T08:30:00Z", false
      ),
      rate(.allow, used: 2, true),
      rate(.allow, used: 3, false),
      rate(.deny, used: 2, false),
      rate(.deny, used: 3, true),
    ]
}
