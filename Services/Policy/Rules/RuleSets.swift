import Model
import Rules
import Synchronization

/// An organization's rules, ready to be asked.
struct RulesInForce: Sendable {
  var set: RuleSet
  var drafts: [RuleID: RuleDraft]

  /// Whether there is nothing to ask: no rule, and silence allows.
  var isSilent: Bool { drafts.isEmpty && set.defaultEffect == .allow }
  /// Whether any rule speaks of what servers say about their tools.
  var mentionsAnnotations: Bool { drafts.values.contains { $0.resources.annotations != nil } }
  /// Whether a rule in shadow mode can only be judged with the call at hand.
  var watchesCalls: Bool { drafts.values.contains { $0.mode == .shadow && $0.conditions.arguments != nil } }
  /// Whether the hour matters to any rule.
  var mindsHours: Bool { drafts.values.contains { $0.conditions.hours != nil } }
}

/// Compiled rules of organizations, one version of each, kept in memory. The version is read anew for every decision, so
/// none is made by rules that are no more.
final class RuleSets: Sendable {
  /// Organizations whose rules are kept. The largest permitted set takes about 3 MB, an ordinary one some kilobytes.
  private static let keptOrganizations = 256

  private struct Kept {
    var standing: RuleStore.Standing
    var rules: RulesInForce
  }

  private let store: RuleStore
  private let kept = Mutex<[OrganizationID: Kept]>([:])

  init(store: RuleStore) { self.store = store }

  /// The rules as they are now.
  func current(of organization: OrganizationID) async throws -> RulesInForce {
    guard let standing = try await store.standing(of: organization) else { throw Self.unknown }
    guard standing.hasRules else {
      return RulesInForce(
        set: RuleSet(organization: organization, defaultEffect: standing.defaultEffect, rules: [:]), drafts: [:])
    }
    if let known = kept.withLock({ $0[organization] }), known.standing == standing { return known.rules }
    guard let loaded = try await store.load(organization) else { throw Self.unknown }
    let rules = RulesInForce(
      set: RuleSet(
        organization: organization, defaultEffect: loaded.standing.defaultEffect, rules: loaded.drafts),
      drafts: loaded.drafts)
    kept.withLock { kept in
      // A slower task does not put an older version back.
      if let known = kept[organization], known.standing.version > loaded.standing.version { return }
      if kept.count >= Self.keptOrganizations, kept[organization] == nil { kept.removeAll(keepingCapacity: true) }
      kept[organization] = Kept(standing: loaded.standing, rules: rules)
    }
    return rules
  }

  private static let unknown = ServiceError(.notFound, "There is no such organization.")
}
