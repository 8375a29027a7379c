import Foundation
import Model
import TestSupport
import Testing

@testable import GatewayKit

/// Between the form of a rule and its being saved: what is asked, what is said of the answer, and what is carried on.
@Suite struct RulePreviewTests {
  private static let id = RuleID(rawValue: "rul_1")
  private static let address = "/console/rules/rul_1"
  private static let directory = ConsoleDirectory(
    members: [], integrations: [], servers: [], charms: [], applications: [])
  private static let watching = RuleDraft(name: "Guests", effect: .deny, mode: .shadow)
  /// The form would take the blank off its name.
  private static let odd = RuleDraft(name: " Guests", effect: .deny)

  private static func stored(_ mode: RuleDraft.Mode) -> Rule {
    let time = Date(timeIntervalSince1970: 1_700_000_000)
    return Rule(
      id: id, draft: RuleDraft(name: "Guests", effect: .deny, mode: mode), createdAt: time, updatedAt: time)
  }

  private static func page(
    _ submission: RuleSubmission, next: String? = nil, isFirst: Bool = true
  ) -> RulePreviewPage {
    let preview = RulePreview(
      members: 50, changes: [], isCut: false, affected: nil, replay: nil, nextCursor: next)
    return RulePreviewPage(submission, preview, nil, directory, isFirst: isFirst, csrfToken: "c")
  }

  private static func decision(
    _ outcome: AuditEntry.Outcome, _ shadow: String, wouldChange: Bool = true
  ) -> AuditRecord {
    AuditRecord(
      service: .policy, sequence: 1, hash: "", id: AuditEventID(rawValue: "evt_1"), occurredAt: .now,
      occurredMicroseconds: 0, action: "tool-call.decided", actor: .init(kind: "member", id: nil), userId: nil,
      applicationId: nil, appId: nil, charmId: nil, caller: nil, target: nil, outcome: outcome.rawValue, grantId: nil,
      requestId: nil, details: wouldChange ? ["shadow": shadow, "shadowWouldChange": "true"] : ["shadow": shadow])
  }

  @Test func ofARuleThatStopsDecidingItIsToldWhatEnds() {
    let submission = RuleSubmission.writing(Self.watching, over: Self.stored(.enforce), version: nil)
    let question = submission.question(cursor: nil)
    #expect(question.rules.drafts.isEmpty && question.remove == [Self.id])
    #expect(Self.page(submission).question == "It stops deciding; this changes")
    #expect(Self.page(submission, next: "usr_9").cursor == "usr_9")
  }

  @Test func whatOnlyWatchesBeforeAndAfterIsAskedAboutAsIfItDecided() {
    for stored in [nil, Self.stored(.shadow)] {
      let submission = RuleSubmission.writing(Self.watching, over: stored, version: nil)
      let question = submission.question(cursor: nil)
      #expect(question.rules.drafts.map(\.mode) == [.enforce] && question.remove == stored.map { [$0.id] })
      #expect(Self.page(submission).question == "If it decided, this would change")
    }
  }

  @Test(arguments: [
    (Decision.Effect.allow, "Now members may use what has been set up.", "Allow nothing"),
    (.deny, "Now nothing is allowed.", "Allow what has been set up"),
  ])
  func ofWhatHoldsWhereNoRuleSpeaksItIsToldWhatTheOtherWouldChange(
    silence: Decision.Effect, now: String, submit: String
  ) {
    let preview = RulePreview(
      members: 50, changes: [], isCut: false, affected: nil, replay: nil, nextCursor: "usr_9")
    let page = RulePreviewPage(
      of: silence, preview, Self.directory, isFirst: true, problem: nil, csrfToken: "c")
    #expect(page.name == now && page.submitLabel == submit && page.question.contains(silence.opposite.silence))
    #expect(page.version == silence.rawValue && page.encodedDraft == nil && page.rule == nil && !page.mayChange)
    #expect(page.action == "/console/rules/default" && page.next == "/console/rules/default?cursor=usr_9")
    #expect(page.nobody.contains("there are more to look at"))
  }

  @Test func ofOnePageOfMembersNothingIsSaidAboutTheOthers() {
    let submission = RuleSubmission.writing(Self.watching, over: nil, version: nil)
    let more = "For none of these members; there are more to look at."
    #expect(Self.page(submission).nobody == "For nobody.")
    #expect(Self.page(submission, next: "usr_9").nobody == more)
    #expect(Self.page(submission, next: "usr_9", isFirst: false).nobody == more)
    #expect(Self.page(submission, isFirst: false).nobody == "For none of these members.")
  }

  @Test(arguments: ["\u{301}x", "\"\u{301} autofocus x=\"", "'<b>&amp;", "a\u{2028}b"])
  func aRuleComesThroughItsPreviewAsItWas(name: String) throws {
    let draft = RuleDraft(name: name, effect: .deny, subjects: RuleSubjects(groups: [name]))
    let html = try PageRenderer().rulePreview(Self.page(.writing(draft, over: nil, version: nil)))
    let field = try #require(html.firstMatch(of: /name="rule" value="([A-Za-z0-9_-]+)"/))
    let carried = try #require(try RuleSubmission.draft(FormFields(Data("rule=\(field.1)".utf8))))
    #expect(carried == draft)
    // Texts that look alike are equal; these have the same characters too.
    #expect(Array(carried.name.utf8) == Array(name.utf8))
  }

  @Test func onRecordIsOnlyWhatThisRuleWouldHaveChanged() {
    let entries = [
      Self.decision(.succeeded, "rul_0=allow rul_1=deny"),
      // What another rule would have allowed.
      Self.decision(.refused, "rul_1=deny rul_2=allow"),
      Self.decision(.succeeded, "rul_10=deny"),
      Self.decision(.refused, "rul_1=allow"), Self.decision(.refused, "rul_0=deny rul_1=allow"),
      Self.decision(.refused, "rul_1=allow", wouldChange: false),
      // What another rule would have refused.
      Self.decision(.succeeded, "rul_1=allow rul_2=deny"),
    ]
    let changed: [Decision.Effect: [AuditRecord]] = [.deny: [entries[0]], .allow: [entries[3], entries[4]]]
    for (effect, expected) in changed {
      var record = ShadowRecord(of: Self.id, effect)
      record.add(entries)
      #expect(record.looked == entries.count && record.different == expected.count)
      #expect(record.shown == expected)
    }
  }

  @Test func aNameWithBlanksAroundItIsNotOffered() {
    #expect(!RuleForm.holds(Self.odd, Self.directory))
    #expect(!RuleForm.holds(RuleDraft(name: "Guests\u{A0}", effect: .deny), Self.directory))
    #expect(RuleForm.holds(Self.watching, Self.directory))
  }

  // MARK: The pages

  @Test func aRuleInForceThatIsToOnlyWatchIsPreviewedByWhatIsStored() async throws {
    try await RunningGateway.with { gateway async throws in
      gateway.neighbours.signedIn("maya@example.com", role: .owner)
      gateway.neighbours.on(RuleEndpoints.show, Self.stored(.enforce))
      let page = try await OpenPage.at(Self.address, gateway)
      let preview = try await page.press("\(Self.address)/preview", "name=Guests&effect=deny&shadow=true")
      #expect(preview.status == 200 && preview.text.contains("It stops deciding; this changes"))
      let asked = try gateway.calls(RuleEndpoints.preview).map {
        try WireJSON.decode(OnBehalf<RulePreviewRequest>.self, from: $0.body).request
      }
      #expect(asked.map(\.rules.drafts) == [[]])
      #expect(asked.map(\.remove) == [[Self.id]])
    }
  }

  @Test func whatTheFormCannotHoldIsNotOfferedAfterARefusal() async throws {
    try await RunningGateway.with { gateway async throws in
      gateway.neighbours.signedIn("maya@example.com", role: .owner)
      gateway.neighbours.on(RuleEndpoints.show, Self.stored(.shadow))
      gateway.neighbours.fail(RuleEndpoints.preview, ServiceError(.invalidRequest, "It names what is gone."))
      let page = try await OpenPage.at(Self.address, gateway)
      #expect(page.text.contains("See what it would change"))
      let carried = RuleSubmission(change: .replace(Self.id), draft: Self.odd).encodedDraft
      let answers = [
        (try await page.press("\(Self.address)/preview", "rule=\(carried)"), 400, "It names what is gone."),
        (try await page.press(Self.address, "rule=\(carried)&version=old"), 409, "changed the rule meanwhile"),
        (try await page.press("\(Self.address)/preview", "rule=\(carried)&change=true"), 200, "no place in a form"),
      ]
      for (answer, status, told) in answers {
        #expect(answer.status == status && answer.text.contains(told))
        #expect(answer.text.contains("no place in a form") && !answer.text.contains("See what it would change"))
      }
      #expect(gateway.calls(RuleEndpoints.replace).isEmpty)
    }
  }

  @Test func aWatchingRuleThatNamesWhatIsGoneIsPutRightOnItsOwnPage() async throws {
    try await RunningGateway.with { gateway async throws in
      gateway.neighbours.signedIn("maya@example.com", role: .owner)
      gateway.neighbours.on(RuleEndpoints.show, Self.stored(.shadow))
      gateway.neighbours.fail(RuleEndpoints.preview, ServiceError(.invalidRequest, "It names what is gone."))
      let page = try await OpenPage.at("\(Self.address)/watched", gateway)
      #expect(page.text.contains("It names what is gone.") && page.text.contains("See what it would change"))
    }
  }

  @Test func aRuleThatSomebodyElseHasChangedIsNotDeleted() async throws {
    try await RunningGateway.with { gateway async throws in
      gateway.neighbours.signedIn("maya@example.com", role: .owner)
      var rule = Self.stored(.enforce)
      gateway.neighbours.on(RuleEndpoints.show, rule)
      let page = try await OpenPage.at("\(Self.address)/delete", gateway)
      let seen = try page.hidden("version")
      #expect(seen == RuleSubmission.version(of: rule))
      rule.updatedAt += 1
      gateway.neighbours.on(RuleEndpoints.show, rule)
      for version in ["", "&version=\(seen)"] {
        let refused = try await page.press("\(Self.address)/delete", "sure=true\(version)")
        #expect(refused.status == 409 && refused.text.contains("Somebody has changed the rule meanwhile."))
      }
      #expect(gateway.calls(RuleEndpoints.delete).isEmpty)
      let deleted = try await page.press("\(Self.address)/delete", "version=\(RuleSubmission.version(of: rule))")
      #expect(deleted.status == 303 && gateway.calls(RuleEndpoints.delete).count == 1)
    }
  }
}
