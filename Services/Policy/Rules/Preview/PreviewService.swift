import FoundationEssentials
import Model
import PostgreSQL
import Rules

/// Says what a change of rules would mean: who could do what afterwards, and which recorded uses would have gone another way.
struct PreviewService: Sendable {
  /// Members on one page: each is asked about everything that there is.
  private static let membersPerPage = 50
  /// Changes that are told on one page. A person reads them.
  private static let maximumChanges = 500
  /// Recorded uses that are asked again.
  private static let maximumUses = 5_000
  /// Of these, the ones that are told.
  private static let maximumReplayed = 200
  /// How far back recorded uses are asked again: 30 days.
  private static let replaySeconds = 30.0 * 86_400

  let store: PreviewStore
  let rules: RuleSets
  let access: MCPAccessService
  private let references = RuleReferences()

  init(store: PreviewStore, rules: RuleSets, access: MCPAccessService) {
    self.store = store
    self.rules = rules
    self.access = access
  }

  /// - Throws: `forbidden`, `invalid_request`.
  func preview(_ request: RulePreviewRequest, by principal: Principal) async throws -> RulePreview {
    try await access.audit.requireConfiguration(principal, attempt: "rule.preview")
    let organization = principal.organizationId
    try await store.database.transaction(in: .organization(organization)) { transaction in
      for (index, draft) in request.rules.drafts.enumerated() {
        try await references.check(draft, at: "/rules/\(index)", in: organization, transaction)
      }
    }
    let rules = try PreviewedRules(request, try await rules.current(of: organization))
    let world = try await PreviewedWorld(access, rules, in: organization)
    let found = try await store.members(
      in: organization, after: try request.cursor.map(Self.position), limit: Self.membersPerPage)
    let members = found.prefix(Self.membersPerPage)
    let changes = members.flatMap { world.changes(for: $0, rules) }
    return RulePreview(
      members: members.count, changes: Array(changes.prefix(Self.maximumChanges)),
      isCut: changes.count > Self.maximumChanges,
      replay: request.cursor == nil ? try await replay(rules, world, in: organization) : nil,
      nextCursor: found.count > members.count ? members.last?.id.rawValue : nil)
  }

  private static func position(_ cursor: String) throws -> String {
    guard let id = UserID(validating: cursor) else {
      throw ServiceError(.invalidRequest, "The cursor is not one that a preview has given back.")
    }
    return id.rawValue
  }

  private func replay(
    _ rules: PreviewedRules, _ world: PreviewedWorld, in organization: OrganizationID
  ) async throws -> RulePreview.Replay {
    let since = access.now().addingTimeInterval(-Self.replaySeconds)
    let found = try await store.uses(in: organization, since: since, limit: Self.maximumUses)
    let uses = found.prefix(Self.maximumUses)
    let changes = uses.compactMap { world.replay($0, rules) }
    return RulePreview.Replay(
      looked: uses.count, refused: changes.count { $0.before == .allowed && $0.after == .refused },
      isCut: found.count > uses.count, changes: Array(changes.prefix(Self.maximumReplayed)))
  }
}
