import Deadlines
import FailPoints
import Logging
import Model
import Providers
import ServiceKit
import SingleFlight

/// Refreshes a Connection exactly once, however many ask: the vault gives out one lease at a time, across all processes.
///
/// Intent and fence are committed by the vault before the provider hears of it, and nobody sees the new token before it is durable.
struct RefreshRunner: Sendable {
  /// Pauses between attempts to store what the provider has already given, while it waits in the journal too.
  private static let commitPauses: [Duration] = [.milliseconds(50), .milliseconds(200), .seconds(1)]
  /// A commit that takes longer than this is written into the journal meanwhile: its database may be gone, and this process may end.
  private static let commitPatience = Duration.milliseconds(500)

  let peers: PeerClients
  let resolver: ProviderResolver
  let tokens: TokenClient
  let revoker: TokenRevoker
  let journal: RefreshJournal
  let logger: Logger
  private let runs = SingleFlight<LeaseReference, RefreshOutcome>()

  init(
    peers: PeerClients, resolver: ProviderResolver, tokens: TokenClient, revoker: TokenRevoker, journal: RefreshJournal,
    logger: Logger
  ) {
    self.peers = peers
    self.resolver = resolver
    self.tokens = tokens
    self.revoker = revoker
    self.journal = journal
    self.logger = logger
  }

  /// - Throws: `provider_unavailable`, `reauthorization_required`, `integration_misconfigured`, `connection_not_found`.
  func refresh(_ request: RefreshConnection, under grant: SignedGrant) async throws -> RefreshOutcome {
    // Joining a run is only for those whom the vault would answer about this Connection: it is asked under their own grant.
    let begin = BeginRefresh(connectionId: request.connectionId, force: request.force)
    let started = ContinuousClock.now
    try await FailPoint.refreshAsked.pass(about: request.connectionId.rawValue)
    let answer = try await peers.call(RefreshEndpoints.begin, begin, grant: grant)
    switch answer.state {
    case .notDue: return RefreshOutcome(state: .notDue)
    case .impossible: return RefreshOutcome(state: .impossible, reason: answer.reason)
    case .inProgress: return RefreshOutcome(state: .inProgress)
    case .postponed where answer.reason == RefreshLease.clientRefused:
      throw ServiceError(
        .integrationMisconfigured,
        "The provider refuses the Integration's client. An owner must store a secret that it accepts.",
        retryAfter: answer.retryAfter)
    case .postponed:
      throw ServiceError(
        .providerUnavailable,
        "The provider does not answer at the moment, or is asked too often. The Connection is kept; try again later.",
        retryAfter: answer.retryAfter)
    case .leased:
      guard let lease = answer.lease else {
        throw ServiceError(.internalError, "The vault's answer lacks the lease.")
      }
      return try await carryOut(lease, of: request.connectionId, since: started)
    }
  }

  /// Carries out a refresh that is due without anyone asking.
  ///
  /// - Parameter received: when the lease came; the vault gave it a moment before.
  func refresh(_ due: DueRefresh, since received: ContinuousClock.Instant) async throws -> RefreshOutcome {
    try await carryOut(due.lease, of: due.connectionId, since: received)
  }

  /// Shielded from the caller's cancellation: a request that was sent is also heard out and stored.
  private func carryOut(
    _ lease: RefreshLease.Lease, of connection: ConnectionID, since started: ContinuousClock.Instant
  ) async throws -> RefreshOutcome {
    let reference = LeaseReference(
      organizationId: lease.organizationId, connectionId: connection, fence: lease.fence, generation: lease.generation)
    return try await runs.run(reference) { try await run(lease, as: reference, since: started) }
  }

  private func run(
    _ lease: RefreshLease.Lease, as reference: LeaseReference, since started: ContinuousClock.Instant
  ) async throws -> RefreshOutcome {
    let subject = reference.connectionId.rawValue
    try await FailPoint.refreshLeased.pass(about: subject)
    let (renewed, resolved) = try await renewOrFail(reference, lease, since: started)
    var set = renewed.set
    set.metadata.noteRenewal(resolved.provider.refresh)
    try await FailPoint.refreshAnswered.pass(about: subject)
    let commitment = try await commit(
      CommitRefresh(lease: reference, tokens: set, secrets: renewed.verdict))
    try await FailPoint.refreshStored.pass(about: subject)
    guard commitment.state == .committed else {
      // Somebody revoked or overtook us: what we hold would live on at the provider unseen. Unless a live Connection holds the same grant.
      if commitment.sharesGrant == true { return RefreshOutcome(state: .inProgress) }
      let outcome = await revoker.revoke(
        accessToken: set.accessToken.secret, refreshToken: set.refreshToken?.secret, at: resolved,
        clients: [renewed.client])
      logger.warning("a superseded refresh was withdrawn", metadata: ["outcome": "\(outcome.state.rawValue)"])
      return RefreshOutcome(state: .inProgress)
    }
    return RefreshOutcome(state: .refreshed)
  }

  /// Ends the lease when there are no tokens, so that nobody waits for it to run out.
  private func renewOrFail(
    _ reference: LeaseReference, _ lease: RefreshLease.Lease, since started: ContinuousClock.Instant
  ) async throws -> (ClientAnswer, ResolvedProvider) {
    do {
      return try await renew(lease, of: reference.connectionId, since: started)
    } catch let failure as TokenFailure {
      try await fail(reference, failure)
      throw failure
    } catch {
      // Nothing was sent: only the token client sends, and it fails with a class.
      let reason = (error as? any ServiceErrorConvertible)?.serviceError.code.rawValue ?? "internal"
      try await fail(reference, TokenFailure(.transient, reason))
      throw error
    }
  }

  private func renew(
    _ lease: RefreshLease.Lease, of connection: ConnectionID, since started: ContinuousClock.Instant
  ) async throws -> (ClientAnswer, ResolvedProvider) {
    let configuration = try await peers.call(
      IntegrationEndpoints.client,
      ClientReference(organizationId: lease.organizationId, integrationId: lease.integrationId))
    let resolved = try resolver.resolve(configuration)
    let client = LiveClient(
      id: configuration.clientId, secret: lease.clientSecret, versions: lease.secretVersions)
    let usesAccessToken = resolved.provider.refresh.kind == .exchangeAccessToken
    guard let token = (usesAccessToken ? lease.accessToken : lease.refreshToken)?.secret else {
      throw TokenFailure(.needsReauthorization, "no_refresh_token")
    }
    if let wait = lease.waitMilliseconds { try await pause(for: .milliseconds(wait)) }
    // By our own monotonic clock: the lease must outlive the call and the commit, or another one may be at it too.
    let left = .seconds(lease.leaseSeconds) - (ContinuousClock.now - started) - ProviderDeadline.commitReserve
    guard left > .zero else { throw TokenFailure(.transient, "lease_too_short") }
    try await FailPoint.refreshSending.pass(about: connection.rawValue)
    let answer = try await tokens.tokens(
      for: client, of: resolved.provider, within: min(left, ProviderDeadline.exchange)
    ) { credentials in
      try resolved.refresh(
        token: token, redirectUri: configuration.redirectUri, resource: lease.metadata[ConnectionMetadata.resource],
        client: credentials)
    }
    return (answer, resolved)
  }

  /// Stores the tokens. At the first failure they go into the journal as well: from then on this process may end at any moment.
  private func commit(_ request: CommitRefresh) async throws -> RefreshCommitment {
    do {
      return try await commitOrJournal(request)
    } catch let error as ServiceError where Self.passes(error) {
      try await journal.append(request)
      logger.error("refreshed tokens wait in the journal", metadata: ["problem": "\(error.code.rawValue)"])
      try await FailPoint.refreshJournalled.pass(about: request.lease.connectionId.rawValue)
    }
    for pause in Self.commitPauses {
      try await Task.sleep(for: pause)
      do {
        let commitment = try await peers.call(RefreshEndpoints.commit, request)
        try await journal.remove(request.lease)
        return commitment
      } catch let error as ServiceError where Self.passes(error) {
        continue
      }
    }
    // The replay goes on; the caller is not kept any longer.
    throw ServiceError(
      .unavailable, "The refreshed account cannot be stored at the moment. Try again shortly.", retryAfter: 2)
  }

  /// One attempt, with the journal beside it when it takes long.
  private func commitOrJournal(_ request: CommitRefresh) async throws -> RefreshCommitment {
    try await withThrowingTaskGroup(of: RefreshCommitment?.self) { group in
      group.addTask { try await peers.call(RefreshEndpoints.commit, request) }
      group.addTask {
        guard (try? await Task.sleep(for: Self.commitPatience)) != nil else { return nil }
        do {
          try await journal.append(request)
          logger.warning("refreshed tokens are in the journal while the vault is slow to store them")
        } catch {
          // The commit may still succeed; if it does not, the journal is tried again.
          logger.error("the journal cannot be written", metadata: ["errorType": "\(type(of: error))"])
        }
        return nil
      }
      defer { group.cancelAll() }
      while let result = try await group.next() {
        guard let commitment = result else { continue }
        group.cancelAll()
        // An entry that is being written is written to its end first, and then not needed.
        while try await group.next() != nil {}
        try await journal.remove(request.lease)
        return commitment
      }
      throw ServiceError(.internalError, "The commit of a refresh ended without an answer.")
    }
  }

  private static func passes(_ error: ServiceError) -> Bool {
    [.unavailable, .sealed, .internalError].contains(error.code)
  }

  private func fail(_ lease: LeaseReference, _ failure: TokenFailure) async throws {
    _ = try await peers.call(
      RefreshEndpoints.fail,
      FailRefresh(
        lease: lease, failure: failure.failure, reason: failure.reason, retryAfter: failure.retryAfter,
        secrets: failure.secrets))
  }
}
