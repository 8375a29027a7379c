import Model

/// Says what a change of the set-up would mean before it is made: who could do what afterwards, and which Connections it is about.
struct ImpactService: Sendable {
  /// Members that are looked at together: the vault is asked about them in one call, far below the limit of a body.
  private static let membersAtOnce = 200
  /// Changes that are told. A person reads them.
  private static let maximumChanges = 500

  let proposals: ProposalReader
  let members: PreviewStore
  let vault: Vault

  /// - Throws: what the change would: `forbidden`, `not_found`, `invalid_request`.
  func impact(of change: ProposedChange, by principal: Principal) async throws -> Impact {
    try await impact(of: try await proposals.read(change, by: principal), by: principal)
  }

  /// The same of a change that is worked out already.
  func impact(of proposal: Proposal, by principal: Principal) async throws -> Impact {
    let organization = principal.organizationId
    var comparison = WorldComparison(before: proposal.before, after: proposal.after, agents: proposal.agents)
    var concerned = ConcernedConnections(before: proposal.before, after: proposal.after)
    var tally = AffectedTally()
    var told: [RulePreview.AccessChange] = []
    var isCut = proposal.isCut
    var cursor: String?
    repeat {
      let found = try await members.members(in: organization, after: cursor, limit: Self.membersAtOnce)
      for member in found.prefix(Self.membersAtOnce) {
        let changes = comparison.changes(for: member)
        tally.add(changes)
        if case .ofChanges = proposal.connections { concerned.add(changes) }
        let room = Self.maximumChanges - told.count
        if changes.count > room { isCut = true }
        told += changes.prefix(room)
      }
      tally.add(try await vault.count(concerned.take(), of: organization, actor: principal.actor))
      cursor = found.count > Self.membersAtOnce ? found[Self.membersAtOnce - 1].id.rawValue : nil
    } while cursor != nil
    if case .kinds(let kinds) = proposal.connections {
      tally.add(try await vault.count(kinds, of: organization, actor: principal.actor))
    }
    return Impact(affected: tally.affected, changes: told, isCut: isCut)
  }
}
