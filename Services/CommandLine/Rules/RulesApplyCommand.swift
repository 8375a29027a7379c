import ArgumentParser
import Model

/// `lanyard rules apply`
struct RulesApplyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "apply", abstract: "Make an organization's rules those of a file.",
    discussion: """
      Rules are the same by their names: what is different is replaced, what is missing is made. Refusals go first and leave last, so that \
      nothing is open on the way that is closed before and after. Applied again, nothing changes.
      """)

  @Argument(help: "The file of rules.")
  var file: String

  @OptionGroup var place: GatewayOptions

  @Flag(help: "Delete rules that the file does not name.")
  var prune = false

  @Flag(help: "Print what was done as JSON.")
  var json = false

  /// The printed document.
  private struct Report: Codable {
    var created: [RuleID] = []
    var changed: [RuleID] = []
    var unchanged: [RuleID] = []
    var deleted: [RuleID] = []
  }

  func run() async throws {
    try await reportingFailures {
      let rules = try RulesFile(path: file)
      let call = try place.call()
      let plan = try RulesPlan(rules, stored: try await call.rules(), prune: prune)
      var report = Report(unchanged: plan.unchanged.map(\.id))
      for draft in plan.created.filter(\.refuses) + plan.created.filter({ !$0.refuses }) {
        let rule = try await call.post("/v1/rules", draft, answer: Rule.self)
        report.created.append(rule.id)
        say("created", rule.id, draft.name)
      }
      for (id, draft) in plan.changed.filter(\.draft.refuses) + plan.changed.filter({ !$0.draft.refuses }) {
        _ = try await call.put("/v1/rules/\(id)", draft, answer: Rule.self)
        report.changed.append(id)
        say("changed", id, draft.name)
      }
      for rule in plan.deleted.filter({ !$0.draft.refuses }) + plan.deleted.filter(\.draft.refuses) {
        try await call.delete("/v1/rules/\(rule.id)")
        report.deleted.append(rule.id)
        say("deleted", rule.id, rule.draft.name)
      }
      for rule in plan.unchanged { say("unchanged", rule.id, rule.draft.name) }
      if json { try Output.json(report) }
    }
  }

  private func say(_ what: String, _ id: RuleID, _ name: String) {
    if !json { Output.line("\(what)  \(id)  \(name)") }
  }
}

extension RuleDraft {
  fileprivate var refuses: Bool { effect == .deny }
}
