import FoundationEssentials
import MCP
import Model
import Rules

extension RulesInForce {
  /// Seconds between the times at which rules with hours are asked. Hours are at least a minute long, so none is missed.
  private static let sampleSeconds = 30

  /// What the rules say of a server's tools for as long as the gateway keeps the answer; nil where there is nothing to ask.
  ///
  /// - Parameter resource: of one tool.
  func tools(
    _ entries: [CatalogueEntry], for subject: Question.Subject, now: Date,
    resource: (Question.Tool) -> Question.Resource
  ) -> ToolRules? {
    guard !isSilent else { return nil }
    let times = stride(from: 0, through: mindsHours ? Grant.maximumLifetimeSeconds : 0, by: Self.sampleSeconds)
    var rules = ToolRules()
    for entry in entries {
      let resource = resource(Question.Tool(name: entry.name, hints: entry.hints))
      let questions = times.map { seconds in
        Question(
          organization: set.organization, subject: subject, resource: resource,
          now: now.addingTimeInterval(Double(seconds)))
      }
      let verdicts = questions.map(set.decide)
      if verdicts.allSatisfy({ $0.effect == .deny }) {
        rules.refused[entry.name] = decision(verdicts[0], questions[0])
      } else if !watchesCalls, verdicts.allSatisfy(\.isSettled) {
        rules.allowed.insert(entry.name)
      }
    }
    return rules
  }
}

extension Verdict {
  /// Whether nothing about a call could change it, and nothing about a call is to be counted or recorded for a rule.
  fileprivate var isSettled: Bool { permits && counted.isEmpty && shadows.isEmpty }
}

extension CatalogueEntry {
  /// What the server says about the tool; the worst where its definition is not at hand.
  var hints: ToolHints {
    guard let definition, let text = try? JSONText(validating: Array(definition.utf8)),
      let annotations = (try? ToolDefinition(text))?.annotations
    else { return .unsaid }
    return ToolHints(
      readOnly: annotations.readOnly, destructive: annotations.destructive, openWorld: annotations.openWorld)
  }
}
