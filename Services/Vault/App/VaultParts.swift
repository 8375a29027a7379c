import Audit
import Logging
import Model
import PostgreSQL
import Sealing
import ServiceKit
import ServiceLifecycle

/// Every part of the vault, put together. The only place that knows all concrete types.
struct VaultParts {
  private let database: PostgresClient
  private let seal: Seal
  private let announcements: Announcements
  private let audit: AuditWriter
  private let checkpoints: CheckpointWriter?
  private let trail: AuditReader
  private let events: EventStore
  private let lastUses: LastUses
  private let sweeper: FlowSweeper
  private let rotations: KeyRotationSweeper
  private let rotationDesk: KeyRotationDesk
  private let secretSweeper: SecretSweeper
  private let standing: ClientStanding
  private let refusals: RefusalTrail
  private let flows: FlowService
  private let authorizations: AuthorizationService
  private let completions: CompletionService
  private let resolves: ResolveService
  private let connections: ConnectionService
  private let secrets: SecretService
  private let refreshes: RefreshService
  private let dueRefreshes: DueRefreshService
  private let herald: IncidentHerald
  private let replays: ReplayService
  private let revocations: RevocationService
  private let tasks: TaskService
  private let changes: ChangeService
  private let changeSweeper: ChangeSweeper
  private let queueWatch: QueueWatch

  init(
    _ configuration: VaultConfiguration, journalKey: JournalKeyPair?, fence: DatabaseGuard,
    _ environment: ServiceEnvironment
  ) throws {
    let logger = environment.logger
    database = PostgresClient(configuration: configuration.database, logger: logger)
    seal = Seal(
      source: try configuration.keyManagement.source(), fence: fence, database: database, logger: logger)
    announcements = Announcements(database: database)
    audit = AuditWriter(client: database, logger: logger)
    checkpoints = try CheckpointWriter(configuration.checkpoints, of: audit, database: database, environment)
    trail = AuditReader(client: database, service: .vault)
    events = EventStore(database: database)
    lastUses = LastUses(database: database, logger: logger)
    refusals = RefusalTrail(audit: audit, logger: logger)

    let records = RecordSealer(
      keys: OrganizationKeys(seal: seal, store: OrganizationKeyStore(database: database)))
    let connectionStore = ConnectionStore(database: database)
    let secretStore = SecretStore(database: database)
    let clients = ClientSecretReader(store: secretStore, records: records)
    let standings = ClientStandingStore(database: database)
    standing = ClientStanding(store: standings, logger: logger)
    let flowStore = FlowStore(database: database)
    let due = DueRefreshStore(database: database)
    let rule = RefreshRule(marginSeconds: Double(configuration.refreshMarginSeconds))

    flows = FlowService(
      database: database, store: flowStore, connections: connectionStore, announcements: announcements, audit: audit,
      lifetimeSeconds: configuration.flowLifetimeSeconds)
    authorizations = AuthorizationService(
      database: database, store: flowStore, secrets: clients, records: records, audit: audit)
    completions = CompletionService(
      database: database, flows: flowStore, connections: connectionStore, due: due, records: records,
      standing: standing, audit: audit)
    resolves = ResolveService(
      store: connectionStore, records: records, announcements: announcements, lastUses: lastUses, audit: audit,
      rule: rule)
    connections = ConnectionService(
      database: database, store: connectionStore, due: due, uses: ConnectionUseStore(database: database), audit: audit)
    secrets = SecretService(
      database: database, store: secretStore, clients: clients, standings: standings, usedGrants: UsedGrantStore(),
      records: records, audit: audit)
    refreshes = RefreshService(
      database: database, store: RefreshStore(database: database), due: due, connections: connectionStore,
      secrets: clients, standing: standing, records: records, audit: audit,
      weather: WeatherService(
        database: database, store: WeatherStore(database: database),
        limit: ProviderWeather.Limit(perSecond: Double(configuration.refreshesPerSecond)), logger: logger),
      rule: rule, leaseSeconds: configuration.refreshLeaseSeconds,
      forcedMinimumSeconds: Double(configuration.refreshForcedMinimumSeconds))
    dueRefreshes = DueRefreshService(
      store: due, connections: connectionStore, refreshes: refreshes, perSecond: configuration.dueRefreshesPerSecond,
      usedWithinSeconds: Double(configuration.dueRefreshUsedWithinSeconds), logger: logger)
    herald = IncidentHerald(incidents: IncidentStore(database: database), seal: seal, logger: logger)
    replays = ReplayService(refreshes: refreshes, key: journalKey)
    revocations = RevocationService(
      database: database, store: RevocationStore(database: database), connections: connectionStore, flows: flowStore,
      audit: audit)
    tasks = TaskService(
      database: database, store: TaskStore(), secrets: clients, records: records, announcements: announcements,
      audit: audit, rate: RateLimit(perSecond: Double(configuration.revocationsPerSecond)), logger: logger)
    sweeper = FlowSweeper(flows: flows, seal: seal, logger: logger)
    rotations = KeyRotationSweeper(
      rotations: KeyRotationService(
        database: database, store: KeyRotationStore(), records: records, audit: audit,
        perSecond: configuration.rotationsPerSecond),
      seal: seal, logger: logger)
    rotationDesk = KeyRotationDesk(
      order: KeyRotationOrder(database: database, audit: audit), log: KeyRotationLog(database: database), seal: seal)
    secretSweeper = SecretSweeper(
      retirement: SecretRetirement(
        database: database, store: secretStore, audit: audit,
        keptSeconds: Double(configuration.previousSecretKeptSeconds)),
      seal: seal, logger: logger)
    let changeStore = ChangeStore(database: database)
    changes = ChangeService(store: changeStore, announcements: announcements)
    changeSweeper = ChangeSweeper(store: changeStore, logger: logger)
    queueWatch = QueueWatch(
      database: database, refreshes: configuration.dueRefreshesPerSecond > 0 ? due : nil,
      metrics: environment.metrics, logger: logger)
  }

  /// In the order of dependency.
  var services: [any Service] {
    [database] + (checkpoints.map { [$0] } ?? []) + [audit, announcements, seal, lastUses, sweeper, changeSweeper]
      + [rotations, secretSweeper, herald, queueWatch]
  }

  var readiness: [ReadinessCheck] {
    let database = database
    let seal = seal
    return [
      ReadinessCheck("database") { try await database.ping() },
      ReadinessCheck("seal") { try seal.requireOpen() },
      ReadinessCheck("migrations") {
        let pending = try await Migrator.pending(directory: VaultSchema.migrationsDirectory, using: database)
        guard pending.isEmpty else {
          throw ServiceError(.unavailable, "Migrations are missing: run lanyard migrate --service vault.")
        }
      },
    ]
  }

  func router(_ environment: ServiceEnvironment) -> ServiceRouter {
    let router = ServiceRouter(environment)
    let routes = VaultRoutes(router: router, seal: seal, refusals: refusals)
    serveConnections(routes)
    serveFlows(routes)
    serveRefreshes(routes)
    serveRevocations(routes)
    serveSecrets(routes)
    serveKeys(routes)
    routes.serve(VaultEventEndpoints.claim, byService: { [events] _, _ in try await events.claim() })
    routes.serve(
      VaultEventEndpoints.acknowledge,
      byService: { [events] request, _ in
        try await events.acknowledge(request)
        return Empty()
      })
    routes.serve(AuditEndpoints.listVault, granting: [.administer]) { [trail] in
      try await trail.newest($0, of: $1.organization)
    }
    routes.serve(AuditEndpoints.exportVault, granting: [.administer]) { [trail] in
      try await trail.next($0, of: $1.organization)
    }
    routes.serve(ChangeEndpoints.pollVault, byService: { [changes] request, _ in try await changes.poll(request) })
    return router
  }

  private func serveConnections(_ routes: VaultRoutes) {
    routes.serve(ConnectionEndpoints.resolve, granting: [.release]) { [resolves] in
      try await resolves.resolve($0, under: $1)
    }
    routes.serve(ConnectionEndpoints.list, granting: [.list, .administer]) { [connections] in
      try await connections.list($0, under: $1)
    }
    routes.serve(ConnectionEndpoints.show, granting: [.list, .administer]) { [connections] in
      try await connections.show($0.id, under: $1)
    }
    routes.serve(ConnectionEndpoints.change, granting: [.manage]) { [connections] in
      try await connections.change($0.id, $0.request, under: $1)
    }
    routes.serve(ConnectionEndpoints.revoke, granting: [.revoke, .administer]) { [revocations] in
      try await revocations.revoke($0.id, under: $1)
    }
    routes.serve(ConnectionEndpoints.uses, granting: [.list, .administer]) { [connections] in
      try await connections.uses(of: $0.id, $0.request, under: $1)
    }
    routes.serve(ConnectionEndpoints.count, granting: [.administer]) { [connections] in
      try await connections.count($0, under: $1)
    }
  }

  private func serveFlows(_ routes: VaultRoutes) {
    routes.serve(FlowEndpoints.create, granting: [.connect]) { [flows] in try await flows.create($0, under: $1) }
    routes.serve(FlowEndpoints.facts, byService: { [flows] request, _ in try await flows.facts(request.id) })
    routes.serve(FlowEndpoints.status, granting: [.watch]) { [flows] in
      try await flows.status($0, under: $1)
    }
    routes.serve(FlowEndpoints.cancel, granting: [.watch]) { [flows] in try await flows.cancel($0.id, under: $1) }
    routes.serve(FlowEndpoints.fail, byService: { [flows] in try await flows.fail($0, by: $1) })
    routes.serve(FlowEndpoints.beginAuthorization, granting: [.authorize]) { [authorizations] in
      try await authorizations.begin($0, under: $1)
      return Empty()
    }
    routes.serve(
      FlowEndpoints.claimAuthorization, byService: { [authorizations] in try await authorizations.claim($0, by: $1) })
    routes.serve(FlowEndpoints.releaseAuthorization, granting: [.authorize]) { [authorizations] in
      try await authorizations.release($0.id, under: $1)
    }
    routes.serve(FlowEndpoints.complete, granting: [.authorize]) { [completions] in
      try await completions.complete($0, under: $1)
    }
  }

  private func serveRefreshes(_ routes: VaultRoutes) {
    routes.serve(RefreshEndpoints.begin, granting: [.release]) { [refreshes] in
      try await refreshes.begin($0, under: $1)
    }
    routes.serve(RefreshEndpoints.claim, byService: { [dueRefreshes] in try await dueRefreshes.claim($0, by: $1) })
    routes.serve(RefreshEndpoints.commit, byService: { [refreshes] in try await refreshes.commit($0, by: $1) })
    routes.serve(
      RefreshEndpoints.fail,
      byService: { [refreshes] in
        try await refreshes.fail($0, by: $1)
        return Empty()
      })
    routes.serve(RefreshEndpoints.replay, byService: { [replays] in try await replays.replay($0, by: $1) })
  }

  private func serveRevocations(_ routes: VaultRoutes) {
    routes.serve(RevocationEndpoints.create, granting: [.administer]) { [revocations] in
      try await revocations.create($0, under: $1)
    }
    routes.serve(RevocationEndpoints.report, granting: [.administer, .revoke]) { [revocations] in
      try await revocations.report($0, under: $1)
    }
    routes.serve(RevocationEndpoints.claim, byService: { [tasks] in try await tasks.claim($0, by: $1) })
    routes.serve(
      RevocationEndpoints.finish,
      byService: { [tasks] in
        try await tasks.finish($0, by: $1)
        return Empty()
      })
  }

  private func serveKeys(_ routes: VaultRoutes) {
    routes.serve(KeyRotationEndpoints.begin, granting: [.rotateKeys]) { [rotationDesk] in
      try await rotationDesk.begin(under: $1)
    }
    routes.serve(KeyRotationEndpoints.show, granting: [.followKeys]) { [rotationDesk] in
      try await rotationDesk.show($0.id, under: $1)
    }
    routes.serve(KeyRotationEndpoints.list, granting: [.followKeys]) { [rotationDesk] in
      try await rotationDesk.list($0, under: $1)
    }
  }

  private func serveSecrets(_ routes: VaultRoutes) {
    routes.serve(SecretEndpoints.put, granting: [.writeSecret]) { [secrets] in try await secrets.put($0, under: $1) }
    routes.serve(SecretEndpoints.delete, granting: [.writeSecret]) { [secrets] in
      try await secrets.delete($0, under: $1)
      return Empty()
    }
    routes.serve(SecretEndpoints.releaseClientSecret, granting: [.verify]) { [secrets] in
      try await secrets.releaseClientSecret(of: $0.id, under: $1)
    }
    routes.serve(SecretEndpoints.describeClients, granting: [.administer]) { [standing] in
      try await standing.describe($0, under: $1)
    }
    routes.serve(SecretEndpoints.releaseStaticToken, granting: [.useStaticToken]) { [secrets] in
      try await secrets.releaseStaticToken(of: $0.id, under: $1)
    }
    routes.serve(SecretEndpoints.signWebhook, granting: [.signWebhook]) { [secrets] in
      try await secrets.sign($0, under: $1)
    }
  }
}
