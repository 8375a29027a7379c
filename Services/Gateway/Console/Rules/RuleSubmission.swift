import Foundation
import Model
import ServiceTokens

/// A rule on its way from the form over its preview to being saved.
struct RuleSubmission: Sendable {
  enum Change: Sendable {
    case create
    case replace(RuleID)
    /// One that decides only watches from now on.
    case suspend(RuleID)
    /// One that only watches begins to decide.
    case enforce(RuleID)
    case delete(RuleID)

    /// The rule that is there already.
    var id: RuleID? {
      switch self {
      case .create: nil
      case .replace(let id), .suspend(let id), .enforce(let id), .delete(let id): id
      }
    }
  }

  /// The hidden field with the whole rule, as ``encodedDraft``.
  static let ruleField = "rule"
  /// The hidden field that says which state of the rule its reader has seen.
  static let versionField = "version"
  static let incomplete = ServiceError(.invalidRequest, "The form is not complete. Go back and load the page again.")

  var change: Change
  var draft: RuleDraft
  /// Absent for a new one.
  var version: String?

  /// The rule that a preview's form carries; nil where the form is the one in which it is written.
  ///
  /// - Throws: `invalid_request`.
  static func draft(_ fields: FormFields) throws -> RuleDraft? {
    guard let text = fields[ruleField] else { return nil }
    guard let json = Base64URL.decode(text.utf8),
      let document = try? WireJSON.decode(JSONValue.self, from: Data(json))
    else { throw incomplete }
    return try RuleDraft(document)
  }

  static func version(of rule: Rule) -> String { WireTime.text(rule.updatedAt) }

  /// A rule as it was written, new or in the place of the stored one.
  static func writing(_ draft: RuleDraft, over stored: Rule?, version: String?) -> RuleSubmission {
    guard let stored else { return RuleSubmission(change: .create, draft: draft) }
    let isSuspension = stored.draft.mode == .enforce && draft.mode == .shadow
    return RuleSubmission(
      change: isSuspension ? .suspend(stored.id) : .replace(stored.id), draft: draft, version: version)
  }

  static func enforcing(_ rule: Rule) -> RuleSubmission {
    var draft = rule.draft
    draft.mode = .enforce
    return RuleSubmission(change: .enforce(rule.id), draft: draft, version: version(of: rule))
  }

  static func deleting(_ rule: Rule) -> RuleSubmission {
    RuleSubmission(change: .delete(rule.id), draft: rule.draft, version: version(of: rule))
  }

  /// What is asked about it. A rule that only watches is asked about as if it decided: else there were nothing to tell.
  /// Of one that stops deciding it is told what ends with it, as of one that is deleted.
  func question(cursor: String?) -> RulePreviewRequest {
    let removed = change.id.map { [$0] }
    switch change {
    case .create, .replace, .enforce:
      var asked = draft
      asked.mode = .enforce
      return RulePreviewRequest(rules: RuleDraftList([asked]), remove: removed, cursor: cursor)
    case .suspend, .delete: return RulePreviewRequest(rules: RuleDraftList([]), remove: removed, cursor: cursor)
    }
  }

  /// The rule's JSON in base64url: it comes back byte for byte, whatever characters its texts have.
  var encodedDraft: String { (try? WireJSON.encode(draft)).map { RandomText.base64URL($0) } ?? "" }
}
