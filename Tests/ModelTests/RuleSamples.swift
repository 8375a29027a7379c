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

  private static let change = RulePreview.AccessChange(
    userId: user, charmId: "charm-1", applicationId: nil, integrationId: nil, mcpServerId: server, tool: "search",
    before: .allowed, after: .conditional)
  private static let affected = Affected(
    members: Counted(count: 51, first: [user]), charms: Counted(count: 1, first: ["charm-1"]),
    applications: Counted(count: 1, first: ["app-1"]), integrations: Counted(count: 1, first: [integration]),
    mcpServers: Counted(count: 1, first: [server]),
    tools: Counted(count: 1, first: [.init(mcpServerId: server, name: "search")]),
    connections: Counted(count: 1, first: [connection]))

  /// Every change that can be asked about.
  static let proposals: [WireSample] = [
    WireSample(
      "ProposedUpdateIntegration",
      ProposedChange.updateIntegration(Targeted(integration, UpdateIntegration(maximumScopes: ["repo"])))),
    WireSample("ProposedDeleteIntegration", ProposedChange.deleteIntegration(Reference(id: integration))),
    WireSample(
      "ProposedUpdateMCPServer",
      ProposedChange.updateMCPServer(Targeted(server, UpdateMCPServer(allowedTools: .set(["search"]))))),
    WireSample("ProposedDeleteMCPServer", ProposedChange.deleteMCPServer(Reference(id: server))),
    WireSample(
      "ProposedUpdateCharm",
      ProposedChange.updateCharm(TargetedCharm(id: "charm-1", update: UpdateCharm(mcpServers: [])))),
    WireSample("ProposedDeleteCharm", ProposedChange.deleteCharm(TargetedCharm(id: "charm-1"))),
    WireSample(
      "ProposedUpdateApplication",
      ProposedChange.updateApplication(
        TargetedApplication(id: "app-1", update: UpdateApplication(state: .blocked)))),
  ]

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
    WireSample(
      "RulePreviewRequest",
      RulePreviewRequest(
        rules: RuleDraftList([RuleDraft(name: "Nobody", effect: .deny)]), remove: [RuleID(rawValue: "rul_1")],
        defaultEffect: .deny, cursor: "usr_1")),
    WireSample(
      "RulePreview",
      RulePreview(
        members: 1,
        changes: [change], isCut: false, affected: nil,
        replay: .init(
          looked: 1, refused: 1, isCut: false,
          changes: [
            .init(
              at: time, userId: user, charmId: nil, applicationId: "app-1", integrationId: integration,
              mcpServerId: nil, tool: nil, before: .allowed, after: .refused)
          ]), nextCursor: "usr_1")),
    WireSample(
      "RulePreviewAffected",
      RulePreview(members: 1, changes: [], isCut: true, affected: affected, replay: nil, nextCursor: nil)),
    WireSample("Impact", Impact(affected: affected, changes: [change], isCut: false)),
    WireSample(
      "DecisionQuestion",
      DecisionQuestion(
        subject: .init(userId: user, charmId: "charm-1"),
        resource: .init(mcpServerId: server, tool: "search"), arguments: ["query": "a"])),
    WireSample(
      "ExplainedDecision",
      ExplainedDecision(
        effect: .deny, decidingRule: "rul_1", reasons: ["The rule refuses this."], wouldChange: ["Without it."])),
    WireSample(
      "OrganizationSettings", OrganizationSettings(id: organization, name: "Example", defaultEffect: .allow)),
    WireSample("UpdateOrganization", UpdateOrganization(defaultEffect: .deny)),
    WireSample(
      "ToolQuestion", ToolQuestion(mcpServerId: server, tool: "search", arguments: ["query": "a"])),
    WireSample("ToolRules", ToolRules(allowed: ["search"], refused: ["erase": decision])),
  ]
}
