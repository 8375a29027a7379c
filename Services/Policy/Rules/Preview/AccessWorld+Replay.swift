import FoundationEssentials
import Model
import Rules

extension AccessWorld {
  private static let silence = AccessDecision.Rule.organizationDefault.rawValue

  /// A recorded use asked again; nil where the answer would be the same, or where what it was about is no more.
  func replay(_ use: PreviewStore.Use) -> RulePreview.ReplayedUse? {
    // A refusal by a ceiling stays one.
    guard !use.isRefused || RuleID(validating: use.rule) != nil || use.rule == Self.silence else { return nil }
    let subject = Question.Subject(
      user: use.user, groups: use.standing.groups, role: use.standing.role, charm: use.charm,
      application: use.application)
    guard let resource = resource(of: use, subject) else { return nil }
    let before: RulePreview.Access = use.isRefused ? .refused : .allowed
    let after = rules.access(
      Question(organization: rules.set.organization, subject: subject, resource: resource, now: use.at))
    guard after != before else { return nil }
    return RulePreview.ReplayedUse(
      at: use.at, userId: use.user, charmId: use.charm, applicationId: use.application,
      integrationId: resource.server == nil ? resource.integration : nil, mcpServerId: resource.server, tool: use.tool,
      before: before, after: after)
  }

  private func resource(of use: PreviewStore.Use, _ subject: Question.Subject) -> Question.Resource? {
    if let record = integrations[IntegrationID(rawValue: use.target)] {
      let scopes = AccessQuestion.Candidate(record, access.providers).ruledScopes(use.scopes ?? record.defaultScopes)
      return .integration(record.id, scopes: scopes)
    }
    guard let server = servers[MCPServerID(rawValue: use.target)] else { return nil }
    let asked = asked(server, subject, charm: nil)
    guard let name = use.tool else { return asked.resource }
    let hints = entries[server.id]?.first { $0.name == name }?.hints ?? .unsaid
    return asked.tool(Question.Tool(name: name, hints: hints))
  }
}
