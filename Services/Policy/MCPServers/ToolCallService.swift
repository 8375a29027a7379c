import FoundationEssentials
import Model
import Rules

/// Decides about single calls of tools, where the answer depends on the call: its arguments, the hour, how many there were.
///
/// The arguments are looked at and forgotten: no row and no log holds them.
struct ToolCallService: Sendable {
  let access: MCPAccessService
  let judge: CallJudge

  /// - Throws: `not_found` for a server that is not there or turned off, `application_blocked`, `forbidden`.
  func decide(_ call: ToolQuestion, by principal: Principal) async throws -> Decision {
    try principal.require(.configuration)
    try TextRules.check(call.tool, field: "tool", maximum: PolicyLimits.nameLength)
    if let application = call.application { try ApplicationService.check(application) }
    try await access.requireApplication(call.application, by: principal)
    let request = MCPAccessRequest(mcpServerId: call.mcpServerId, application: call.application)
    let facts = try await access.facts(request, by: principal)
    guard let server = facts.servers.first else { throw MCPServerService.notFound }
    let asked = access.subject(server, facts, call.application, by: principal)
    let answer = try await answer(call, asked, facts, by: principal)
    try await record(answer, call, by: principal)
    return answer.decision
  }

  private func answer(
    _ call: ToolQuestion, _ asked: MCPAccessSubject, _ facts: MCPAccessService.Facts, by principal: Principal
  ) async throws -> RuleAnswer {
    let entries = facts.tools[asked.server.id] ?? []
    let (server, shadows) = access.decide(asked, facts.rules)
    guard server.effect == .allow else { return RuleAnswer(decision: server, shadows: shadows) }
    let ceiling = access.effectiveTools(of: asked.server, asked, entries, rules: nil).judge(call.tool)
    guard ceiling.effect == .allow, !facts.rules.isSilent else { return RuleAnswer(decision: ceiling, shadows: []) }
    let hints = entries.first { $0.name == call.tool }?.hints ?? .unsaid
    let question = Question(
      organization: principal.organizationId, subject: asked.subject,
      resource: asked.tool(Question.Tool(name: call.tool, hints: hints)), arguments: call.arguments ?? [:],
      now: access.now())
    return try await judge.judge(
      question, facts.rules, caller: principal.caller.user?.id.rawValue ?? principal.caller.credentialId)
  }

  private func record(_ answer: RuleAnswer, _ call: ToolQuestion, by principal: Principal) async throws {
    let isAllowed = answer.decision.effect == .allow
    let details = ["rule": answer.decision.decidingRule, "tool": call.tool]
    try await access.audit.record(
      AuditFact(
        action: isAllowed ? .toolCallAllowed : .toolCallRefused, targetKind: "mcp-server",
        targetId: call.mcpServerId.rawValue, isRefusal: !isAllowed,
        application: call.application.map(ConnectionScope.application),
        details: details.merging(RuleAnswer.shadowDetails(answer.shadows)) { $1 }), by: principal.origin)
  }
}
