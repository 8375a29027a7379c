import Model

/// The list of access rules.
struct RulesPage: Sendable {
  struct Line: Sendable {
    var address: String
    var name: String
    var rule: RuleText
    /// Where it is said what it would have done; absent for a rule that decides.
    var watchedAddress: String?
  }

  var rules: [Line]
  var hasRules: Bool
  /// What holds where no rule speaks of something.
  var silence: String
  var next: String?

  init(_ page: Page<Rule>, _ directory: ConsoleDirectory, silence: Decision.Effect) {
    rules = page.items.map { rule in
      let address = LocalPath.rule(rule.id).text
      return Line(
        address: address, name: ConsoleText.line(rule.draft.name), rule: RuleText(rule.draft, directory),
        watchedAddress: rule.draft.mode == .shadow ? LocalPath.watchedRule(rule.id).text : nil)
    }
    hasRules = !rules.isEmpty
    self.silence = silence.silence
    next = page.nextCursor.map { LocalPath.rules.at($0).text }
  }
}

/// The form of a rule, with what is in force now above it.
struct RuleFormPage: Sendable {
  /// A check box.
  struct Choice: Sendable {
    var field: String
    var label: String
    var isChosen: Bool
  }

  /// Everything as it was filled in.
  struct Fields: Sendable {
    var name: String
    var isAllow: Bool
    var isShadow: Bool
    var users: String
    var groups: String
    var roles: [Choice]
    var charms: String
    var applications: String
    var integrations: [Choice]
    var hasIntegrations: Bool
    var servers: [Choice]
    var hasServers: Bool
    var tools: String
    var annotations: [Choice]
    var scopes: String
    var arguments: String
    var timeZone: String
    var days: [Choice]
    var from: String
    var to: String
    var calls: String
    var perSeconds: String
  }

  var title: String
  /// The rule as it is stored; absent for a new one.
  var rule: RuleText?
  var name: String
  var address: String?
  var watchedAddress: String?
  var previewAction: String
  var fields: Fields
  /// Whether the form can say all of the rule.
  var mayChange: Bool
  var version: String?
  /// Why the form was not taken.
  var problem: String?
  var csrfToken: String

  /// A rule that is stored.
  init(_ rule: Rule, _ directory: ConsoleDirectory, problem: String?, csrfToken: String) {
    self.init(
      RuleForm(rule.draft, directory), mayChange: RuleForm.holds(rule.draft, directory), of: rule.id,
      RuleSubmission.version(of: rule), directory, problem: problem, csrfToken: csrfToken)
    self.rule = RuleText(rule.draft, directory)
    if rule.draft.mode == .shadow { watchedAddress = LocalPath.watchedRule(rule.id).text }
  }

  /// A form as it was filled in.
  init(
    _ form: RuleForm, mayChange: Bool, of id: RuleID?, _ version: String?, _ directory: ConsoleDirectory,
    problem: String?, csrfToken: String
  ) {
    name = id == nil ? "" : ConsoleText.line(form.name)
    title = id == nil ? "Add a rule" : ConsoleText.line(form.name)
    address = id.map { LocalPath.rule($0).text }
    previewAction = "\(id.map(LocalPath.rule)?.text ?? LocalPath.rules.text)/preview"
    fields = Self.fields(form, directory)
    self.mayChange = mayChange
    self.version = version
    self.problem = problem
    self.csrfToken = csrfToken
  }

  private static func fields(_ form: RuleForm, _ directory: ConsoleDirectory) -> Fields {
    let integrations = choices(
      RuleForm.integrationPrefix, directory.integrations.map { ($0.id.rawValue, $0.name) }, form.integrations)
    let servers = choices(RuleForm.serverPrefix, directory.servers.map { ($0.id.rawValue, $0.name) }, form.servers)
    return Fields(
      name: form.name, isAllow: form.isAllow, isShadow: form.isShadow, users: lines(form.users),
      groups: lines(form.groups),
      roles: choices(RuleForm.rolePrefix, [Role.member, .admin, .owner].map { ($0.rawValue, $0.shown) }, form.roles),
      charms: lines(form.charms), applications: lines(form.applications), integrations: integrations,
      hasIntegrations: !integrations.isEmpty, servers: servers, hasServers: !servers.isEmpty, tools: lines(form.tools),
      annotations: choices(
        RuleForm.annotationPrefix, RuleResources.Annotation.allCases.map { ($0.rawValue, $0.shown) },
        form.annotations), scopes: lines(form.scopes), arguments: lines(form.arguments), timeZone: form.timeZone,
      days: choices(RuleForm.dayPrefix, RuleHours.Day.allCases.map { ($0.rawValue, $0.shown) }, form.days),
      from: form.from, to: form.to, calls: form.calls, perSeconds: form.perSeconds)
  }

  private static func lines(_ entries: [String]) -> String { entries.joined(separator: "\n") }

  /// What there is, and what the rule names besides: left out, it would silently say more than before.
  private static func choices(
    _ prefix: String, _ known: [(value: String, name: String)], _ chosen: Set<String>
  ) -> [Choice] {
    let others = chosen.subtracting(known.map(\.value)).sorted().map { (value: $0, name: $0) }
    return (known + others).map {
      Choice(field: prefix + $0.value, label: ConsoleText.line($0.name), isChosen: chosen.contains($0.value))
    }
  }
}

extension RuleResources.Annotation {
  /// As people read it.
  var shown: String {
    switch self {
    case .destructive: "Those that may destroy something"
    case .readOnly: "Those that change nothing"
    case .openWorld: "Those that reach the open world"
    }
  }
}
