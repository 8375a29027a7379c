import Model
import Testing

@testable import Rules

@Suite struct GlobTests {
  @Test(arguments: [
    ("*", ""), ("*", "anything"), ("**", ""), ("a*", "a"), ("*a", "ba"), ("a*a", "aa"), ("a*b*c", "a-b-b-c"),
    ("*ab*ab*", "xababx"), ("*aab*", "aaaab"), ("a**b", "ab"), (#"\\"#, #"\"#), (#"a\*b"#, "a*b"), ("世*", "世界"),
    ("*\n*", "a\nb"),
  ])
  func itMatches(_ pattern: String, _ text: String) { #expect(GlobMatcher(Sample.glob(pattern)).matches(text)) }

  @Test(arguments: [
    ("a", ""), ("a", "aa"), ("a*a", "a"), ("ab*ba", "aba"), ("*ab*ab*", "xabx"), ("a*b*c", "acb"), ("A*", "abc"),
    (#"a\*b"#, "axb"), ("a?c", "abc"), ("[ab]", "a"), ("caf\u{E9}", "cafe\u{301}"),
  ])
  func itDoesNotMatch(_ pattern: String, _ text: String) {
    #expect(!GlobMatcher(Sample.glob(pattern)).matches(text))
  }

  @Test(arguments: ["", #"\"#, #"a\b"#, #"a*\"#]) func itIsNoPattern(_ text: String) {
    #expect(GlobPattern(rawValue: text) == nil)
  }

  /// Patterns that keep a backtracking engine busy for ages: the steps that ours needs never exceed twice the bytes.
  @Test(arguments: [
    (String(repeating: "*a", count: 120) + "*b", String(repeating: "a", count: 100_000)),
    (String(repeating: "a*", count: 120) + "b", String(repeating: "a", count: 100_000)),
    ("*" + String(repeating: "a", count: 250) + "b*", String(repeating: "a", count: 100_000)),
    ("*" + String(repeating: "ab", count: 120) + "c*", String(repeating: "ab", count: 50_000)),
    (String(repeating: "*aab", count: 60), String(repeating: "aaa", count: 33_333) + "c"),
    (String(repeating: "*", count: 256), String(repeating: "a", count: 100_000)),
  ])
  func theStepsAreLinear(_ pattern: String, _ text: String) throws {
    var steps = 0
    let glob = try #require(GlobPattern(rawValue: pattern))
    _ = GlobMatcher(glob).matches(text, steps: &steps)
    #expect(steps <= 2 * (text.utf8.count + pattern.utf8.count))
  }

  @Test func aPathologicalPatternStillGivesTheRightAnswer() throws {
    let pattern = try #require(GlobPattern(rawValue: String(repeating: "*a", count: 100) + "*b"))
    #expect(GlobMatcher(pattern).matches(String(repeating: "a", count: 100) + "b"))
    #expect(!GlobMatcher(pattern).matches(String(repeating: "a", count: 99) + "b"))
    #expect(!GlobMatcher(pattern).matches(String(repeating: "a", count: 50_000)))
  }
}
