import FoundationEssentials
import Model
import PostgreSQL
import Rules

/// Asks the rules about one call that is made then, and counts it towards their rates.
struct CallJudge: Sendable {
  let database: PostgresClient
  let uses: RuleUseStore

  /// - Parameter caller: whose calls are counted together.
  func judge(_ question: Question, _ rules: RulesInForce, caller: String) async throws -> RuleAnswer {
    let verdict = rules.set.decide(question)
    guard verdict.effect == .allow, !verdict.counted.isEmpty else { return answer(verdict, question, rules) }
    let windows = verdict.counted.compactMap { id in
      rules.drafts[id]?.conditions.rate.map {
        RuleUseStore.Window(rule: id, perSeconds: $0.perSeconds, now: question.now)
      }
    }
    let organization = question.organization
    return try await database.transaction(in: .organization(organization)) { transaction in
      let before = try await uses.count(windows, by: caller, in: organization, transaction)
      var asked = question
      asked.usage = RateUsage { before[$0] }
      let answer = answer(rules.set.decide(asked), asked, rules)
      if answer.decision.effect == .deny {
        try await uses.takeBack(windows, by: caller, in: organization, transaction)
      }
      try await uses.clear(before: question.now, in: organization, transaction)
      return answer
    }
  }

  /// What is still open when the call is known is refused.
  private func answer(_ verdict: Verdict, _ question: Question, _ rules: RulesInForce) -> RuleAnswer {
    guard verdict.effect == .allow, !verdict.permits else {
      return RuleAnswer(decision: rules.decision(verdict, question), shadows: verdict.shadows)
    }
    let decision = Decision(
      effect: .deny, decidingRule: verdict.decidingRule,
      reasons: ["The rules have just changed. Try again."])
    return RuleAnswer(decision: decision, shadows: verdict.shadows)
  }
}
