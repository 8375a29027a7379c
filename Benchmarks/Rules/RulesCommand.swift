import ArgumentParser
import Model
import Rules

/// Asks compiled rules and a naive scan the same questions for a while, and says how often each could be asked.
struct RulesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rules", abstract: "Ask compiled access rules, and a naive scan beside them.")

  @Option(help: "Rules of the organization.")
  var rules: Int

  @Option(help: "Seconds that are measured, for each of the two.")
  var seconds: Double

  /// Different questions: more than the processor's caches learn by heart.
  private static let questions = 4_096
  /// Questions between two looks at the clock.
  private static let batch = 256

  /// What the driver reads.
  struct Findings: Codable {
    var rules: Int
    var compileMilliseconds: Double
    var compiledPerSecond: Double
    var naivePerSecond: Double
    /// Questions that were allowed, so that nobody measures one answer only.
    var allowed: Int
    var questions: Int
  }

  func validate() throws {
    guard rules > 0, seconds > 0 else { throw ValidationError("Give positive numbers.") }
  }

  func run() throws {
    let load = RuleLoad(rules: rules)
    let questions = (0..<Self.questions).map { load.question($0) }
    let clock = ContinuousClock()
    let before = clock.now
    let set = RuleSet(organization: RuleLoad.organization, defaultEffect: .deny, rules: load.rules)
    let compiling = clock.now - before
    let naive = NaiveRules(rules: load.rules, defaultEffect: .deny)
    let allowed = questions.filter { set.decide($0).permits }.count
    guard questions.allSatisfy({ naive.permits($0) == set.decide($0).permits }) else {
      throw ValidationError("The naive scan and the compiled rules do not agree.")
    }
    try Report.write(
      Findings(
        rules: rules, compileMilliseconds: compiling / .milliseconds(1),
        compiledPerSecond: rate(questions) { set.decide($0).permits },
        naivePerSecond: rate(questions) { naive.permits($0) }, allowed: allowed, questions: questions.count))
  }

  /// Questions per second.
  private func rate(_ questions: [Question], _ permits: (Question) -> Bool) -> Double {
    let clock = ContinuousClock()
    let begin = clock.now
    var (asked, allowed) = (0, 0)
    while clock.now - begin < .seconds(seconds) {
      for _ in 0..<Self.batch {
        if permits(questions[asked % questions.count]) { allowed += 1 }
        asked += 1
      }
    }
    // The count keeps the compiler from leaving the questions out.
    return allowed > asked ? 0 : Double(asked) / ((clock.now - begin) / .seconds(1))
  }
}
