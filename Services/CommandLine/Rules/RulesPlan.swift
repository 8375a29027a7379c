import Model

/// What it takes to make an organization's rules those of a file: rules are the same by their names.
struct RulesPlan {
  var created: [RuleDraft] = []
  var changed: [(id: RuleID, draft: RuleDraft)] = []
  var unchanged: [Rule] = []
  /// Rules that the file does not name, where these are to go.
  var deleted: [Rule] = []

  /// - Throws: ``CommandFailure`` where two stored rules have a name that the file has.
  init(_ file: RulesFile, stored: [Rule], prune: Bool) throws {
    let known = Dictionary(grouping: stored, by: \.draft.name)
    var problems: [String] = []
    for draft in file.drafts {
      let rules = known[draft.name] ?? []
      if rules.count > 1 {
        let ids = rules.map(\.id.rawValue).joined(separator: ", ")
        problems.append(
          "the organization has \(rules.count) rules named \"\(draft.name)\" (\(ids)): rename or delete all but one")
      }
      guard let rule = rules.first else {
        created.append(draft)
        continue
      }
      if rule.draft == draft { unchanged.append(rule) } else { changed.append((rule.id, draft)) }
    }
    guard problems.isEmpty else { throw CommandFailure.configuration(problems) }
    guard prune else { return }
    let named = Set(file.drafts.map(\.name))
    deleted = stored.filter { !named.contains($0.draft.name) }
  }

  /// The same as a question about what it would mean.
  func preview(cursor: String? = nil) -> RulePreviewRequest {
    RulePreviewRequest(
      rules: RuleDraftList(created + changed.map(\.draft)), remove: changed.map(\.id) + deleted.map(\.id),
      cursor: cursor)
  }
}

extension GatewayCall {
  /// Every rule of the organization, newest first.
  func rules() async throws -> [Rule] {
    try await everything("/v1/rules", of: Rule.self)
  }
}
