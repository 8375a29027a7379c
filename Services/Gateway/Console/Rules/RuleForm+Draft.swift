import Model

extension RuleForm {
  /// The rule that was filled in. Lists that were left empty match everything.
  ///
  /// - Throws: `invalid_request` with everything that is wrong, in the words of the form.
  func draft(_ directory: ConsoleDirectory) throws -> RuleDraft {
    let members = try users.map { try directory.member($0).rawValue }
    var document: [String: JSONValue] = [
      "name": .string(name), "effect": .string(isAllow ? "allow" : "deny"),
      "mode": .string(isShadow ? "shadow" : "enforce"),
    ]
    document["subjects"] = Self.object([
      "users": Self.list(members), "groups": Self.list(groups), "roles": Self.list(roles.sorted()),
      "charms": Self.list(charms), "applications": Self.list(applications),
    ])
    document["resources"] = Self.object([
      "integrations": Self.list(integrations.sorted()), "mcpServers": Self.list(servers.sorted()),
      "tools": Self.list(tools), "annotations": Self.list(annotations.sorted()), "scopes": Self.list(scopes),
    ])
    document["conditions"] = Self.object([
      "arguments": try ArgumentLines.document(arguments), "hours": hours, "rate": rate,
    ])
    do throws(RuleProblems) {
      return try RuleDraft(.object(document))
    } catch {
      throw ServiceError(.invalidRequest, error.problems.map(Self.sentence).joined(separator: " "))
    }
  }

  private var hours: JSONValue? {
    Self.object([
      "timeZone": Self.text(timeZone), "days": Self.list(RuleHours.Day.allCases.map(\.rawValue).filter(days.contains)),
      "from": Self.text(from), "to": Self.text(to),
    ])
  }

  private var rate: JSONValue? {
    Self.object(["calls": Self.number(calls), "perSeconds": Self.number(perSeconds)])
  }

  private static func list(_ entries: [String]) -> JSONValue? {
    entries.isEmpty ? nil : .array(entries.map(JSONValue.string))
  }

  private static func text(_ text: String) -> JSONValue? { text.isEmpty ? nil : .string(text) }

  /// A number that is none goes on as it is, to be refused by name.
  private static func number(_ text: String) -> JSONValue? { Int64(text).map(JSONValue.integer) ?? Self.text(text) }

  /// Nil where nothing of it was filled in.
  private static func object(_ members: [String: JSONValue?]) -> JSONValue? {
    let filled = members.compactMapValues(\.self)
    return filled.isEmpty ? nil : .object(filled)
  }

  /// The fields of the form by their places in the document.
  private static let labels = [
    "/name": "Name", "/subjects/users": "Members", "/subjects/groups": "Groups", "/subjects/roles": "Roles",
    "/subjects/charms": "Charms", "/subjects/applications": "Applications",
    "/resources/integrations": "Integrations", "/resources/mcpServers": "MCP servers", "/resources/tools": "Tools",
    "/resources/annotations": "Kinds of tools", "/resources/scopes": "Scopes", "/conditions/arguments": "Arguments",
    "/conditions/hours/timeZone": "Time zone", "/conditions/hours/days": "Days", "/conditions/hours/from": "From",
    "/conditions/hours/to": "Until", "/conditions/hours": "Hours", "/conditions/rate/calls": "Calls",
    "/conditions/rate/perSeconds": "Seconds", "/conditions/rate": "Rate",
  ]

  private static func sentence(_ problem: RuleProblem) -> String {
    var (place, line) = (problem.pointer, "")
    while labels[place] == nil, let slash = place.lastIndex(of: "/") {
      line = Int(place[place.index(after: slash)...]).map { ", line \($0 + 1)" } ?? line
      place = String(place[..<slash])
    }
    return "\(labels[place] ?? "The rule")\(line): \(problem.message)."
  }
}
