import Foundation
import Model

/// A rule as it stands in a form: lists as lines, everything else as it was filled in.
struct RuleForm: Hashable, Sendable {
  static let integrationPrefix = "integration-"
  static let serverPrefix = "server-"
  static let rolePrefix = "role-"
  static let annotationPrefix = "annotation-"
  static let dayPrefix = "day-"

  var name = ""
  var isAllow = false
  var isShadow = false
  var users: [String] = []
  var groups: [String] = []
  var roles: Set<String> = []
  var charms: [String] = []
  var applications: [String] = []
  var integrations: Set<String> = []
  var servers: Set<String> = []
  var tools: [String] = []
  var annotations: Set<String> = []
  var scopes: [String] = []
  var arguments: [String] = []
  var timeZone = ""
  var days: Set<String> = []
  var from = ""
  var to = ""
  var calls = ""
  var perSeconds = ""

  /// An empty one.
  init() {}

  init(_ fields: FormFields) {
    name = fields.filled("name") ?? ""
    isAllow = fields["effect"] == "allow"
    isShadow = fields["shadow"] == "true"
    users = fields.lines("users")
    groups = fields.lines("groups")
    roles = fields.chosen(Self.rolePrefix)
    charms = fields.lines("charms")
    applications = fields.lines("applications")
    integrations = fields.chosen(Self.integrationPrefix)
    servers = fields.chosen(Self.serverPrefix)
    tools = fields.lines("tools")
    annotations = fields.chosen(Self.annotationPrefix)
    scopes = fields.lines("scopes")
    arguments = fields.lines("arguments")
    timeZone = fields.filled("timeZone") ?? ""
    days = fields.chosen(Self.dayPrefix)
    from = fields.filled("from") ?? ""
    to = fields.filled("to") ?? ""
    calls = fields.filled("calls") ?? ""
    perSeconds = fields.filled("perSeconds") ?? ""
  }

  init(_ draft: RuleDraft, _ directory: ConsoleDirectory) {
    let (subjects, resources) = (draft.subjects, draft.resources)
    name = draft.name
    isAllow = draft.effect == .allow
    isShadow = draft.mode == .shadow
    users = (subjects.users ?? []).map(directory.field)
    groups = subjects.groups ?? []
    roles = Set((subjects.roles ?? []).map(\.rawValue))
    charms = subjects.charms ?? []
    applications = subjects.applications ?? []
    integrations = Set((resources.integrations ?? []).map(\.rawValue))
    servers = Set((resources.mcpServers ?? []).map(\.rawValue))
    tools = (resources.tools ?? []).map(\.rawValue)
    annotations = Set((resources.annotations ?? []).map(\.rawValue))
    scopes = resources.scopes ?? []
    arguments = (draft.conditions.arguments ?? []).map(ArgumentLines.line)
    if let hours = draft.conditions.hours {
      timeZone = hours.timeZone.identifier
      days = Set((hours.days ?? []).map(\.rawValue))
      from = hours.window?.from.text ?? ""
      to = hours.window?.to.text ?? ""
    }
    if let rate = draft.conditions.rate {
      calls = String(rate.calls)
      perSeconds = String(rate.perSeconds)
    }
  }

  /// Whether the form says all of a rule: a text with a line break in it, for example, would come back as two, and a
  /// name with blanks around it without them.
  static func holds(_ draft: RuleDraft, _ directory: ConsoleDirectory) -> Bool {
    let form = RuleForm(draft, directory)
    let lists = [form.users, form.groups, form.charms, form.applications, form.tools, form.scopes, form.arguments]
    guard [draft.name.first, draft.name.last].allSatisfy({ $0?.isWhitespace == false }),
      lists.allSatisfy({ FormFields.lines(of: $0.joined(separator: "\n")) == $0 }),
      let again = try? form.draft(directory)
    else { return false }
    return again.entryCount == draft.entryCount && RuleForm(again, directory) == form
  }
}

extension FormFields {
  /// The lines of a field without blanks around them; empty ones do not count.
  func lines(_ name: String) -> [String] { Self.lines(of: self[name] ?? "") }

  static func lines(of text: String) -> [String] {
    text.split(whereSeparator: \.isNewline).compactMap { line in
      let text = line.trimmingCharacters(in: .whitespaces)
      return text.isEmpty ? nil : text
    }
  }

  /// What was chosen among check boxes whose names begin alike.
  func chosen(_ prefix: String) -> Set<String> {
    Set(names.filter { $0.hasPrefix(prefix) && self[$0] == "true" }.map { String($0.dropFirst(prefix.count)) })
  }
}
