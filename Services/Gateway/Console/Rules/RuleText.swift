import FoundationEssentials
import Model

/// A rule in plain words: who may or may not do what, and when.
struct RuleText: Sendable {
  /// Entries of one list that are spelled out; the others are counted.
  private static let spelledOut = 5

  var who: String
  var may: String
  var what: String
  /// Absent where it holds always.
  var when: String?
  var mode: String
  var isShadow: Bool
  var isDeny: Bool

  init(_ draft: RuleDraft, _ directory: ConsoleDirectory) {
    isDeny = draft.effect == .deny
    isShadow = draft.mode == .shadow
    who = Self.who(draft.subjects, directory)
    may = isDeny ? "may not" : "may"
    what = Self.what(draft.resources, isAboutCalls: draft.conditions.arguments != nil, directory)
    when = Self.when(draft.conditions, isDeny: isDeny)
    mode = isShadow ? "Only watches: it decides nothing" : "In force"
  }

  /// All of it in one sentence.
  var sentence: String { "\(who) \(may) \(what)\(when.map { ", \($0)" } ?? "")." }

  private static func who(_ subjects: RuleSubjects, _ directory: ConsoleDirectory) -> String {
    var parts = [subjects.users.map { join($0.map(directory.name(of:))) } ?? "Everybody"]
    if let groups = subjects.groups { parts.append("in the group \(join(groups))") }
    if let roles = subjects.roles { parts.append("with the role \(join(roles.map(\.shown)))") }
    if let charms = subjects.charms { parts.append("with the Charm \(join(charms.map(directory.name(ofCharm:))))") }
    if let applications = subjects.applications {
      parts.append("in the Application \(join(applications.map(directory.name(ofApplication:))))")
    }
    return parts.joined(separator: " ")
  }

  private static func what(
    _ resources: RuleResources, isAboutCalls: Bool, _ directory: ConsoleDirectory
  ) -> String {
    var parts: [String] = []
    if let tools = resources.tools {
      parts.append("call the tool \(join(tools.map(\.rawValue)))")
    } else if resources.annotations != nil || isAboutCalls {
      parts.append("call tools")
    }
    if let annotations = resources.annotations { parts.append("that \(join(annotations.map(words)))") }
    if let scopes = resources.scopes {
      parts.append("\(parts.isEmpty ? "" : "and ")be given the scope \(join(scopes))")
    }
    if parts.isEmpty {
      parts.append(resources.mcpServers == nil && resources.integrations == nil ? "use anything" : "use")
    }
    let isBare = parts == ["use"]
    if let servers = resources.mcpServers {
      parts.append("\(isBare ? "" : "of ")the MCP server \(join(servers.map(directory.name(of:))))")
    }
    if let integrations = resources.integrations {
      let names = join(integrations.map(directory.name(of:)))
      parts.append("\(isBare && resources.mcpServers == nil ? "" : "through ")the Integration \(names)")
    }
    return parts.joined(separator: " ")
  }

  private static func when(_ conditions: RuleConditions, isDeny: Bool) -> String? {
    var parts: [String] = []
    if let arguments = conditions.arguments {
      parts.append("where " + arguments.map(ArgumentLines.line).map(ConsoleText.line).joined(separator: " and "))
    }
    if let hours = conditions.hours {
      let days = hours.days.map { days in
        "on \(RuleHours.Day.allCases.filter(days.contains).map(\.shown).joined(separator: ", "))"
      }
      let window = hours.window.map { "from \($0.from.text) until \($0.to.text)" }
      parts.append([days, window].compactMap(\.self).joined(separator: " ") + " (\(hours.timeZone.identifier))")
    }
    if let rate = conditions.rate {
      let calls = "\(rate.calls) \(rate.calls == 1 ? "call" : "calls") in \(rate.perSeconds) seconds"
      parts.append(isDeny ? "after \(calls)" : "up to \(calls)")
    }
    return parts.isEmpty ? nil : parts.joined(separator: ", ")
  }

  private static func words(_ annotation: RuleResources.Annotation) -> String {
    switch annotation {
    case .destructive: "may destroy something"
    case .readOnly: "change nothing"
    case .openWorld: "reach the open world"
    }
  }

  private static func join(_ entries: [String]) -> String {
    var shown = entries.prefix(spelledOut).map(ConsoleText.line)
    let rest = entries.count - shown.count
    if rest > 0 { shown.append("\(rest) more") }
    guard let last = shown.popLast() else { return "" }
    return shown.isEmpty ? last : "\(shown.joined(separator: ", ")) or \(last)"
  }
}

extension RuleHours.Day {
  /// As people read it.
  var shown: String {
    switch self {
    case .monday: "Monday"
    case .tuesday: "Tuesday"
    case .wednesday: "Wednesday"
    case .thursday: "Thursday"
    case .friday: "Friday"
    case .saturday: "Saturday"
    case .sunday: "Sunday"
    }
  }
}
