import Model

/// Access rules on the wire.
extension WireSamples {
  static let draft = RuleDraft(
    name: "Sales reads", effect: .allow, mode: .shadow,
    subjects: RuleSubjects(
      users: [user], groups: ["sales"], roles: [.member], charms: ["charm-1"], applications: ["app-1"]),
    resources: RuleResources(
      integrations: [integration], mcpServers: [server], tools: ["read_*", #"a\*b"#].compactMap(GlobPattern.init),
      annotations: [.readOnly, .openWorld], scopes: ["mail.read"]),
    conditions: RuleConditions(
      arguments: [
        condition("/query", .prefix("SELECT ")), condition("/limit", .lessThan(100)),
        condition("/folder", .oneOf(["inbox", 1, nil])), condition("/ratio", .greaterThan(0.5)),
        condition("/dry~1run", .equals(true)), condition("/user", .notEquals("root")),
      ] + ["*@example.com"].compactMap(GlobPattern.init).map { condition("/to/0", .pattern($0)) },
      hours: hours, rate: .init(calls: 10, perSeconds: 60)))

  private static let hours = RuleHours.timeZone(named: "Europe/Berlin").flatMap { zone in
    RuleHours.Time("09:00").flatMap { from in
      RuleHours.Time("24:00").map { to in
        RuleHours(timeZone: zone, days: [.monday, .friday], window: .init(from: from, to: to))
      }
    }
  }

  private static func condition(_ pointer: String, _ test: ArgumentCondition.Test) -> ArgumentCondition {
    ArgumentCondition(pointer: JSONPointer(pointer) ?? .root, test: test)
  }

  static let rules: [WireSample] = [
    WireSample("RuleDraft", draft),
    WireSample("RuleDraftEverything", RuleDraft(name: "Nobody", effect: .deny)),
    WireSample(
      "Rule",
      Rule(
        id: RuleID(rawValue: "rul_1"),
        draft: RuleDraft(name: "No deleting", effect: .deny, resources: RuleResources(annotations: [.destructive])),
        createdAt: time, updatedAt: time)),
    WireSample("RuleDraftList", RuleDraftList([RuleDraft(name: "Nobody", effect: .deny)])),
    WireSample("RuleProblem", RuleProblem(pointer: "/resources/tools", message: "must be a list")),
  ]
}
