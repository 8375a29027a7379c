import Audit
import FoundationEssentials
import Model
import PostgreSQL
import Sealing

/// Hands out access tokens: the hot path. One read, one audit row, one open.
struct ResolveService: Sendable {
  let store: ConnectionStore
  let records: RecordSealer
  let announcements: Announcements
  let lastUses: LastUses
  let audit: AuditWriter
  let rule: RefreshRule

  /// Seconds after which asking again makes sense when a refresh by somebody else took longer than the caller wanted to wait.
  private static let retryAfterSeconds = 1

  func resolve(_ request: ResolveConnection, under authority: Authority) async throws -> ResolvedConnection {
    let reach = try authority.releaseReach()
    var patience = try Patience(seconds: request.waitSeconds)
    let first = try await look(request, reach, authority)
    guard case .wait(let id) = first else { return try first.answer() }
    // Somebody refreshes: from here on listen first, then look, so that the end of it is not missed.
    return try await announcements.listening(to: .connection(id.rawValue)) { listening in
      while true {
        let step = try await look(request, reach, authority)
        guard case .wait = step else { return try step.answer() }
        guard !Announcements.isDraining, let pause = patience.next() else {
          throw ServiceError(
            .unavailable, "The token is being refreshed. Try again.", retryAfter: Self.retryAfterSeconds)
        }
        await listening.wait(atMost: pause)
        try Task.checkCancellation()
      }
    }
  }

  private enum Step {
    case done(ResolvedConnection)
    case wait(ConnectionID)

    func answer() throws -> ResolvedConnection {
      guard case .done(let answer) = self else { throw ServiceError(.internalError, "A wait has no answer.") }
      return answer
    }
  }

  private func look(
    _ request: ResolveConnection, _ reach: ConnectionReach, _ authority: Authority
  ) async throws -> Step {
    let found = try await store.candidates(reach, only: request.connectionId)
    if request.connectionId != nil, found.isEmpty { throw ServiceError.connectionNotFound }
    let usable = found.filter { $0.connection.status != .paused }
    if usable.isEmpty, !found.isEmpty {
      throw ServiceError(.accessDenied, "This account is paused. Resume it under your connections.")
    }
    switch Selection.choose(from: usable, by: request) {
    case .nothing: return .done(ResolvedConnection(outcome: .none))
    case .choose(let records):
      return .done(ResolvedConnection(outcome: .selectAccount, choices: records.map(\.connection)))
    case .one(let record): return try await hand(record, request, authority)
    }
  }

  private func hand(
    _ record: ConnectionRecord, _ request: ResolveConnection, _ authority: Authority
  ) async throws -> Step {
    if record.connection.status == .needsReauthorization {
      return .done(ResolvedConnection(outcome: .reauthorizationRequired, connection: record.connection))
    }
    guard Set(request.scopes ?? []).isSubset(of: record.connection.scopes) else {
      return .done(ResolvedConnection(outcome: .insufficientScope, connection: record.connection))
    }
    switch rule.state(of: record, freshness: request.freshness) {
    case .live: return .done(try await release(record, authority))
    case .refreshing: return .wait(record.id)
    case .refreshDue: return .done(ResolvedConnection(outcome: .refreshRequired, connection: record.connection))
    case .ended:
      var connection = record.connection
      connection.reason = connection.reason ?? RefusalReason.expiredWithoutRefreshToken
      return .done(ResolvedConnection(outcome: .reauthorizationRequired, connection: connection))
    case .waitUntil(let next):
      let seconds = max(Int(next.timeIntervalSince(record.now).rounded(.up)), 1)
      if record.connection.status == .configError {
        throw ServiceError(
          .integrationMisconfigured, "The provider refuses the Integration's credentials. Its owner must correct them.",
          retryAfter: seconds)
      }
      throw ServiceError(
        .providerUnavailable, "The provider did not refresh the token. Try again later.", retryAfter: seconds)
    }
  }

  /// The row of the release is committed before the token is even opened.
  private func release(_ record: ConnectionRecord, _ authority: Authority) async throws -> ResolvedConnection {
    guard let sealed = record.sealedTokens else { throw ServiceError.connectionNotFound }
    try await audit.append(
      AuditEntry(
        .tokenReleased, on: .connection(record.id), under: authority,
        details: ["generation": String(record.generation)]))
    let tokens = try TokenRecord(plaintext: try await records.open(sealed, at: record.tokensAddress))
    lastUses.note(record)
    return ResolvedConnection(
      outcome: .ready, connection: record.connection, accessToken: WireSecret(tokens.accessToken))
  }
}

/// Stable words for why a Connection needs its person, or a refresh is not possible.
enum RefusalReason {
  static let expiredWithoutRefreshToken = "expired_without_refresh_token"
  static let noRefreshToken = "no_refresh_token"
  static let outcomeUnknown = "refresh_outcome_unknown"
}
