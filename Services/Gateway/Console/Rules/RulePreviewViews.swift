import Model

/// What a change of rules would mean.
struct RulePreviewPage: Sendable {
  /// One thing that would be different, or would have been.
  struct Line: Sendable {
    var who: String
    var what: String
    var before: String
    var after: String
    var isWorse: Bool
    var isBetter: Bool
    /// When it was; absent for what is yet to come.
    var at: String?
  }

  /// Changes that are shown: what people read before they decide.
  private static let linesShown = 50
  /// Recorded uses that are shown.
  private static let usesShown = 20

  var title: String
  /// Why the change was not made.
  var problem: String?
  /// Nil where no single rule changes.
  var rule: RuleText?
  var name: String
  var question: String
  var counts: [RemovalPage.Count]
  var hasCounts: Bool
  var members: String
  /// Said where nothing changes for the members that were looked at.
  var nobody: String
  var lines: [Line]
  var moreLines: Bool
  /// Nil on later pages.
  var replay: String?
  var uses: [Line]
  var hasUses: Bool
  /// Nil unless the rule watched so far.
  var record: String?
  var recorded: [Line]
  var hasRecorded: Bool

  var mayChange: Bool
  var submitLabel: String
  var action: String
  var previewAction: String
  var back: String
  /// The whole rule, as the form carries it; nil where that needs none.
  var encodedDraft: String?
  /// What its reader has seen: of a rule, or of what holds where none speaks.
  var version: String?
  /// Where the members come who follow those of this page: a field of the form, where the rule is in it and nowhere else, or an address.
  var cursor: String?
  var next: String?
  var csrfToken: String

  /// A change of a rule.
  init(
    _ submission: RuleSubmission, _ preview: RulePreview, _ record: ShadowRecord?, _ directory: ConsoleDirectory,
    isFirst: Bool, csrfToken: String
  ) {
    self.init(preview, directory, isFirst: isFirst, csrfToken: csrfToken)
    name = ConsoleText.line(submission.draft.name)
    let rule = RuleText(submission.draft, directory)
    self.rule = rule
    let page = submission.change.id.map(LocalPath.rule)
    back = page?.text ?? LocalPath.rules.text
    action = page?.text ?? LocalPath.rules.text
    previewAction = "\(page?.text ?? LocalPath.rules.text)/preview"
    switch submission.change {
    case .create, .replace:
      (title, submitLabel, mayChange) = ("Before you save", "Save", true)
      question = rule.isShadow ? "If it decided, this would change" : "This changes"
    case .suspend:
      (title, submitLabel, mayChange) = ("Before you save", "Save", true)
      question = "It stops deciding; this changes"
    case .enforce:
      (title, submitLabel, question) = ("If it decided", "Let it decide", "This would change")
    case .delete(let id):
      (title, submitLabel, question) = ("Delete \(name)?", "Delete", "Without it, this changes")
      action = LocalPath.deletionOfRule(id).text
    }
    self.record = record.map {
      "Of the newest \($0.looked) decisions about calls on record, \($0.different) would have been different, with the arguments that they had."
    }
    recorded = (record?.shown ?? []).map { Self.line($0, directory) }
    hasRecorded = !recorded.isEmpty
    version = submission.version
    switch submission.change {
    case .create, .replace, .suspend: (encodedDraft, cursor) = (submission.encodedDraft, preview.nextCursor)
    case .enforce(let id):
      encodedDraft = submission.encodedDraft
      next = preview.nextCursor.map { LocalPath.watchedRule(id).at($0).text }
    case .delete(let id): next = preview.nextCursor.map { LocalPath.deletionOfRule(id).at($0).text }
    }
  }

  /// A change of what holds where no rule speaks.
  init(
    of silence: Decision.Effect, _ preview: RulePreview, _ directory: ConsoleDirectory, isFirst: Bool,
    problem: String?, csrfToken: String
  ) {
    self.init(preview, directory, isFirst: isFirst, csrfToken: csrfToken)
    (title, name) = ("Where no rule speaks", "Now \(silence.silence).")
    question = "If \(silence.opposite.silence), this would change"
    submitLabel = silence == .allow ? "Allow nothing" : "Allow what has been set up"
    (action, back, version) = (LocalPath.defaultEffect.text, LocalPath.rules.text, silence.rawValue)
    next = preview.nextCursor.map { LocalPath.defaultEffect.at($0).text }
    self.problem = problem
  }

  /// What both have in common: what would be different.
  private init(_ preview: RulePreview, _ directory: ConsoleDirectory, isFirst: Bool, csrfToken: String) {
    (title, name, question, submitLabel, action, previewAction, back) = ("", "", "", "", "", "", "")
    (recorded, hasRecorded, mayChange) = ([], false, false)
    counts = RemovalPage.counts(preview.affected)
    hasCounts = !counts.isEmpty
    let isAll = isFirst && preview.nextCursor == nil
    members = "\(isAll ? "All" : isFirst ? "The first" : "The next") \(preview.members) members were looked at."
    nobody = isAll ? "For nobody." : Self.nobodyHere(hasMore: preview.nextCursor != nil)
    lines = preview.changes.prefix(Self.linesShown).map { Self.line($0, directory) }
    moreLines = preview.isCut || preview.changes.count > Self.linesShown
    uses = (preview.replay?.changes ?? []).prefix(Self.usesShown).map { Self.line($0, directory) }
    hasUses = !uses.isEmpty
    replay = preview.replay.map {
      "Of \($0.isCut ? "the newest" : "the") \($0.looked) recorded uses of the last 30 days, \($0.refused) would have been refused."
    }
    self.csrfToken = csrfToken
  }

  /// Of one page among several nothing is known about the others.
  private static func nobodyHere(hasMore: Bool) -> String {
    hasMore ? "For none of these members; there are more to look at." : "For none of these members."
  }

  private static func line(_ change: RulePreview.AccessChange, _ directory: ConsoleDirectory) -> Line {
    Line(
      who: who(change.userId, change.charmId, change.applicationId, directory),
      what: what(change.integrationId, change.mcpServerId, change.tool, directory), before: change.before.shown,
      after: change.after.shown, isWorse: change.after == .refused,
      isBetter: change.after == .allowed, at: nil)
  }

  private static func line(_ use: RulePreview.ReplayedUse, _ directory: ConsoleDirectory) -> Line {
    Line(
      who: who(use.userId, use.charmId, use.applicationId, directory),
      what: what(use.integrationId, use.mcpServerId, use.tool, directory), before: use.before.shown,
      after: use.after.shown, isWorse: use.after == .refused,
      isBetter: use.after == .allowed, at: ShownTime.text(use.at))
  }

  private static func line(_ record: AuditRecord, _ directory: ConsoleDirectory) -> Line {
    let wasRefused = record.outcome == AuditEntry.Outcome.refused.rawValue
    let (allowed, refused) = (RulePreview.Access.allowed.shown, RulePreview.Access.refused.shown)
    return Line(
      who: who(record.userId.flatMap(UserID.init(validating:)), record.charmId, record.applicationId, directory),
      what: what(
        nil, record.target?.id.flatMap(MCPServerID.init(validating:)), record.details["tool"], directory),
      before: wasRefused ? refused : allowed, after: wasRefused ? allowed : refused, isWorse: !wasRefused,
      isBetter: wasRefused,
      at: ShownTime.text(record.occurredAt))
  }

  private static func who(
    _ user: UserID?, _ charm: String?, _ application: String?, _ directory: ConsoleDirectory
  ) -> String {
    var who = user.map(directory.name(of:)) ?? "The organization's platform"
    if let charm { who += " with the Charm \(directory.name(ofCharm: charm))" }
    if let application { who += " in the Application \(directory.name(ofApplication: application))" }
    return who
  }

  private static func what(
    _ integration: IntegrationID?, _ server: MCPServerID?, _ tool: String?, _ directory: ConsoleDirectory
  ) -> String {
    let thing = [server.map(directory.name(of:)), integration.map(directory.name(of:))].compactMap(\.self)
    return ([tool.map { "the tool \(ConsoleText.line($0))" }].compactMap(\.self) + thing).joined(separator: " of ")
  }
}

extension RulePreview.Access {
  /// As people read it.
  var shown: String {
    switch self {
    case .allowed: "allowed"
    case .conditional: "depends on the call"
    case .refused: "refused"
    }
  }
}

extension Decision.Effect {
  /// What holds where no rule speaks of something.
  var silence: String { self == .allow ? "members may use what has been set up" : "nothing is allowed" }
  var opposite: Decision.Effect { self == .allow ? .deny : .allow }
}
