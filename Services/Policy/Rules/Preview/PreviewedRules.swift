import Model
import Rules

/// The rules as they are and as they might be.
struct PreviewedRules: Sendable {
  var before: RulesInForce
  var after: RulesInForce

  var namedApplications: Set<String> { before.namedApplications.union(after.namedApplications) }

  /// - Throws: `invalid_request` for a rule to remove that is not there, and for more rules than an organization may have.
  init(_ request: RulePreviewRequest, _ inForce: RulesInForce) throws {
    var drafts = inForce.drafts
    for (index, id) in (request.remove ?? []).enumerated() {
      guard drafts.removeValue(forKey: id) != nil else {
        throw MCPServerRules.invalid("/remove/\(index)", "names no rule of the organization.")
      }
    }
    for draft in request.rules.drafts { drafts[.random()] = draft }
    guard drafts.count <= RuleLimits.rules else {
      throw MCPServerRules.invalid("/rules", "would make more than \(RuleLimits.rules) rules.")
    }
    before = inForce
    after = RulesInForce(
      set: RuleSet(
        organization: inForce.set.organization, defaultEffect: request.defaultEffect ?? inForce.set.defaultEffect,
        rules: drafts),
      drafts: drafts)
  }
}

extension RulesInForce {
  /// What may come of a request.
  func access(_ question: Question) -> RulePreview.Access {
    let verdict = set.decide(question)
    guard verdict.effect == .allow else { return .refused }
    // A whole server is open as to the tool by its nature: its tools are looked at one by one.
    let open = question.resource.server != nil && question.resource.tool == nil ? [] : verdict.open
    return open.isEmpty ? .allowed : .conditional
  }
}
