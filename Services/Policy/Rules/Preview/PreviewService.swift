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
  let worlds: AccessWorldReader
  let vault: Vault
  private let references = RuleReferences()

  init(store: PreviewStore, rules: RuleSets, worlds: AccessWorldReader, vault: Vault) {
    self.store = store
    self.rules = rules
    self.worlds = worlds
    self.vault = vault
  }

  /// - Throws: `forbidden`, `invalid_request`.
  func preview(_ request: RulePreviewRequest, by principal: Principal) async throws -> RulePreview {
    try await worlds.access.audit.requireConfiguration(principal, attempt: "rule.preview")
    let organization = principal.organizationId
    try await store.database.transaction(in: .organization(organization)) { transaction in
      for (index, draft) in request.rules.drafts.enumerated() {
        try await references.check(draft, at: "/rules/\(index)", in: organization, transaction)
      }
    }
    let rules = try PreviewedRules(request, try await rules.current(of: organization))
    let before = try await worlds.world(under: rules.before, and: rules.after)
    var after = before
    after.rules = rules.after
    var comparison = WorldComparison(
      before: before, after: after, agents: AccessWorld.agents(Set(before.charms.keys), rules.namedApplications))
    var concerned = ConcernedConnections(before: before, after: after)
    var tally = AffectedTally()
    let found = try await store.members(
      in: organization, after: try request.cursor.map(Self.position), limit: Self.membersPerPage)
    let members = found.prefix(Self.membersPerPage)
    var changes: [RulePreview.AccessChange] = []
    for member in members {
      let own = comparison.changes(for: member)
      tally.add(own)
      concerned.add(own)
      changes += own
    }
    tally.add(try await vault.count(concerned.take(), of: organization, actor: principal.actor))
    return RulePreview(
      members: members.count, changes: Array(changes.prefix(Self.maximumChanges)),
      isCut: changes.count > Self.maximumChanges, affected: tally.affected,
      replay: request.cursor == nil ? try await replay(after, in: organization) : nil,
      nextCursor: found.count > members.count ? members.last?.id.rawValue : nil)
  }

  private static func position(_ cursor: String) throws -> String {
    guard let id = UserID(validating: cursor) else {
      throw ServiceError(.invalidRequest, "The cursor is not one that a preview has given back.")
    }
    return id.rawValue
  }

  private func replay(
    _ world: AccessWorld, in organization: OrganizationID
  ) async throws -> RulePreview.Replay {
    let since = world.now.addingTimeInterval(-Self.replaySeconds)
    let found = try await store.uses(in: organization, since: since, limit: Self.maximumUses)
    let uses = found.prefix(Self.maximumUses)
    let changes = uses.compactMap { world.replay($0) }
    return RulePreview.Replay(
      looked: uses.count, refused: changes.count { $0.before == .allowed && $0.after == .refused },
      isCut: found.count > uses.count, changes: Array(changes.prefix(Self.maximumReplayed)))
  }
}
