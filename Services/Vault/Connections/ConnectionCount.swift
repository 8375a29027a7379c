import Model
import PostgreSQL

extension ConnectionService {
  /// Counts everyone's live Connections of some kinds, for an owner or admin who thinks about a change.
  ///
  /// - Throws: `invalid_request` for more kinds than one question may have.
  func count(_ query: CountConnections, under authority: Authority) async throws -> Counted<ConnectionID> {
    guard query.kinds.count <= CountConnections.maximumKinds else {
      throw ServiceError(.invalidRequest, "kinds must be at most \(CountConnections.maximumKinds).")
    }
    return try await store.count(query.kinds, within: try authority.reach())
  }
}

extension ConnectionStore {
  /// How many live Connections within the reach are of any of the kinds, and the first of them.
  func count(_ kinds: [CountConnections.Kind], within reach: ConnectionReach) async throws -> Counted<ConnectionID> {
    let kinds = try Stored.text(kinds)
    let rows = try await database.read(
      in: VaultSchema.context(reach.organization.rawValue),
      """
      SELECT count(*) AS whole, (array_agg(c.id ORDER BY c.id))[1:\(Counted<ConnectionID>.maximumListed)::integer] AS first
      FROM connection c WHERE \(reach.condition) AND c.status <> 'revoked' AND EXISTS (
        SELECT FROM jsonb_to_recordset(\(kinds)::jsonb) AS k ("userIds" text[], "integrationId" text,
          "applicationType" text, "applicationId" text, "scopesBeyond" text[],
          "scopesAmong" text[])
        WHERE (k."userIds" IS NULL OR c.user_id = ANY (k."userIds"))
          AND (k."integrationId" IS NULL OR c.integration_id = k."integrationId")
          AND (k."applicationType" IS NULL OR c.application_type = k."applicationType")
          AND (k."applicationId" IS NULL OR c.application_id = k."applicationId")
          AND (k."scopesBeyond" IS NULL OR NOT c.scopes <@ k."scopesBeyond")
          AND (k."scopesAmong" IS NULL OR c.scopes && k."scopesAmong"))
      """)
    guard let row = rows.first else { return Counted(count: 0, first: []) }
    let first: [String] = try row.get("first", as: [String]?.self) ?? []
    return Counted(count: try row.get("whole"), first: first.map(ConnectionID.init(rawValue:)))
  }
}
