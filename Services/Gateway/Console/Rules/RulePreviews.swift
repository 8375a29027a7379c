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
    if case .enforce(let id) = submission.change, cursor == nil { record = try await self.record(of: id, for: person) }
    return try forms.page(request, formName) {
      try forms.responder.pages.rulePreview(
        RulePreviewPage(submission, preview, record, directory, isFirst: cursor == nil, csrfToken: $0))
    }
  }

  /// What the trail says that the rule would have done, arguments of calls included.
  private func record(of id: RuleID, for person: CallerIdentity) async throws -> ShadowRecord {
    var record = ShadowRecord(of: id)
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

  private let mark: [String]
  private(set) var looked = 0
  /// How many of them would have been decided otherwise.
  private(set) var different = 0
  /// The newest of those.
  private(set) var shown: [AuditRecord] = []

  init(of id: RuleID) { mark = Decision.Effect.allCases.map { "\(id.rawValue)=\($0.rawValue)" } }

  mutating func add(_ records: [AuditRecord]) {
    looked += records.count
    for record in records where record.details["shadowWouldChange"] == "true" {
      let named = (record.details["shadow"] ?? "").split(separator: " ").map(String.init)
      guard named.contains(where: mark.contains) else { continue }
      different += 1
      if shown.count < Self.maximumShown { shown.append(record) }
    }
  }
}
