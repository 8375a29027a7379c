import Hummingbird
import Model
import ServiceKit

/// The page on which a change of rules is looked at before it is made.
struct RulePreviews: Sendable {
  /// Entries of the trail about tool calls that are looked through for what a watching rule said, newest first.
  private static let entriesLooked = 5 * PageRequest.maximumLimit

  let peers: PeerClients
  let forms: ConsoleForms

  func page(
    _ submission: RuleSubmission, _ formName: String, _ directory: ConsoleDirectory, cursor: String?,
    _ request: Request, for person: CallerIdentity
  ) async throws -> Response {
    let preview = try await peers.call(
      RuleEndpoints.preview, person.asking(submission.question(cursor: cursor)))
    var record: ShadowRecord?
    if case .enforce(let id) = submission.change, cursor == nil {
      record = try await self.record(of: id, submission.draft.effect, for: person)
    }
    return try forms.page(request, formName) {
      try forms.responder.pages.rulePreview(
        RulePreviewPage(submission, preview, record, directory, isFirst: cursor == nil, csrfToken: $0))
    }
  }

  /// What it would mean if the other effect held where no rule speaks.
  func page(
    ofChanging silence: Decision.Effect, _ formName: String, _ directory: ConsoleDirectory, cursor: String?,
    _ request: Request, for person: CallerIdentity, _ refusal: ConsoleForms.Refusal? = nil
  ) async throws -> Response {
    let question = RulePreviewRequest(
      rules: RuleDraftList([]), defaultEffect: silence.opposite, cursor: cursor)
    let preview = try await peers.call(RuleEndpoints.preview, person.asking(question))
    return try forms.page(request, formName, status: refusal?.status ?? .ok) {
      try forms.responder.pages.rulePreview(
        RulePreviewPage(
          of: silence, preview, directory, isFirst: cursor == nil, problem: refusal?.message, csrfToken: $0))
    }
  }

  /// What the trail says that the rule would have done, arguments of calls included.
  private func record(
    of id: RuleID, _ effect: Decision.Effect, for person: CallerIdentity
  ) async throws -> ShadowRecord {
    var record = ShadowRecord(of: id, effect)
    var before: Int64?
    while record.looked < Self.entriesLooked {
      let query = AuditQuery(
        filter: AuditFilter(action: "tool-call.*"), before: before, limit: PageRequest.maximumLimit)
      let found = try await peers.call(AuditEndpoints.listPolicy, person.asking(query)).items
      record.add(found)
      guard found.count == PageRequest.maximumLimit, let last = found.last else { break }
      before = last.sequence
    }
    return record
  }
}

/// What decisions on record say of a rule that only watches.
struct ShadowRecord: Sendable {
  /// Entries that are shown.
  private static let maximumShown = 20

  private let mark: Substring
  private let effect: Decision.Effect
  private(set) var looked = 0
  /// How many of them would have been decided otherwise.
  private(set) var different = 0
  /// The newest of those.
  private(set) var shown: [AuditRecord] = []

  init(of id: RuleID, _ effect: Decision.Effect) {
    mark = "\(id.rawValue)=\(effect.rawValue)"
    self.effect = effect
  }

  mutating func add(_ records: [AuditRecord]) {
    looked += records.count
    for record in records where wouldDiffer(record) {
      different += 1
      if shown.count < Self.maximumShown { shown.append(record) }
    }
  }

  /// Whether this rule would have changed a decision. An entry names all watching rules that matched, and says only of
  /// all of them together whether one would have: a refusal changes whatever was allowed, an allowance only what no
  /// rule refused.
  private func wouldDiffer(_ record: AuditRecord) -> Bool {
    guard (record.details["shadow"] ?? "").split(separator: " ").contains(mark) else { return false }
    let wasRefused = record.outcome == AuditEntry.Outcome.refused.rawValue
    return switch effect {
    case .deny: !wasRefused
    case .allow: wasRefused && record.details["shadowWouldChange"] == "true"
    }
  }
}
