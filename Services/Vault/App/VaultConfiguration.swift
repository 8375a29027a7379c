import Model
import PostgreSQL
import Sealing
import ServiceKit

/// Everything that the vault can be told from outside. Read once, at start.
public struct VaultConfiguration: Sendable {
  let database: PostgresConfiguration
  let keyManagement: KeyManagementSettings
  let journalKeyFile: String?
  let refreshMarginSeconds: Int
  let refreshLeaseSeconds: Int
  let refreshForcedMinimumSeconds: Int
  let refreshesPerSecond: Int
  let dueRefreshesPerSecond: Int
  let dueRefreshUsedWithinSeconds: Int
  let flowLifetimeSeconds: Int
  let revocationsPerSecond: Int
  let rotationsPerSecond: Int
  let previousSecretKeptSeconds: Int
  let requiresFsync: Bool
  let checkpoints: CheckpointSettings
  let measure: MeasureRoutes

  /// Refresh this long before a token ends: covers a slow call and clocks that differ (RFC 6749 section 5.1 leaves both to the client).
  static let defaultRefreshMarginSeconds = 60
  /// Longer than the hardest deadline of a provider call (20 s) with a reserve for a pause of the process.
  static let defaultRefreshLeaseSeconds = 25
  /// A caller whose fresh token is refused gains nothing by another one; a loop of such callers must not reach the provider.
  static let defaultRefreshForcedMinimumSeconds = 10
  /// Ten thousand Connections in four minutes, and below what large providers allow one address.
  static let defaultRefreshesPerSecond = 50
  /// Ten thousand Connections that were made together are through within the time that their jitter gives them (nine minutes of an hour).
  static let defaultDueRefreshesPerSecond = 20
  /// Three days: what is used on working days is in use on a Monday morning too.
  static let defaultDueRefreshUsedWithinSeconds = 259_200
  /// RFC 9700 section 4.7 wants states to be short-lived; a person with a second factor needs some minutes.
  static let defaultFlowLifetimeSeconds = 600
  /// Providers throttle far above this, and a thousand Connections are through in twenty seconds.
  static let defaultRevocationsPerSecond = 50
  /// A hundred thousand values in under ten minutes, and hardly anything of the database's time.
  static let defaultRotationsPerSecond = 200
  /// A week: whatever refreshes at all has done so by then, and a weekend does not end what nobody could look at.
  static let defaultPreviousSecretKeptSeconds = 604_800
  /// Audit batches take two of them, mutations the rest.
  static let defaultTransactionConnections = 4

  init(_ settings: Settings) {
    let url = settings.requiredSecret("database.url", "Where the vault's database is, for the application role.")
    var database = PostgresConfiguration(
      address: .tcp(host: "", port: 0), database: "", user: "", password: nil, tls: .disable)
    do {
      database = try url.expose { text in
        text.isEmpty ? database : try PostgresConfiguration(url: text)
      }
    } catch let error as PostgresConfigurationError {
      for problem in error.problems { settings.problem("LANYARD_DATABASE_URL: \(problem)") }
    } catch {
      settings.problem("LANYARD_DATABASE_URL cannot be read")
    }
    database.applicationName = "lanyard-vault"
    database.readConnections = settings.int(
      "database.readConnections", default: database.readConnections, in: 1...8,
      "Connections that carry pipelined reads.")
    database.writeConnections = settings.int(
      "database.writeConnections", default: database.writeConnections, in: 1...8,
      "Connections that carry pipelined writes.")
    database.transactionConnections = settings.int(
      "database.transactionConnections", default: Self.defaultTransactionConnections, in: 2...32,
      "Connections for transactions; the audit trail takes two of them at most.")
    requiresFsync = settings.bool(
      "database.requireFsync", default: true,
      "Refuse a database that may lose confirmed changes; off only for a database whose data may be lost.")
    self.database = database
    keyManagement = KeyManagementSettings(settings)
    journalKeyFile = settings.optionalString(
      "journal.keyFile", type: "path",
      "The private key to which exchangers seal token replies that they could not store (lanyard init makes it).")
    refreshMarginSeconds = settings.int(
      "refresh.marginSeconds", default: Self.defaultRefreshMarginSeconds, in: 0...3_600, unit: "seconds",
      "Refresh this long before a token ends, though at most a fifth of its lifetime.")
    refreshLeaseSeconds = settings.int(
      "refresh.leaseSeconds", default: Self.defaultRefreshLeaseSeconds, in: 1...300, unit: "seconds",
      "How long one exchanger has for a refresh before another may take over.")
    refreshForcedMinimumSeconds = settings.int(
      "refresh.forcedMinimumSeconds", default: Self.defaultRefreshForcedMinimumSeconds, in: 0...3_600, unit: "seconds",
      "How old a token must be before a caller may have it refreshed ahead of its time.")
    refreshesPerSecond = settings.int(
      "refresh.perSecond", default: Self.defaultRefreshesPerSecond, in: 1...10_000,
      "Refreshes at one provider at most, by all replicas together.")
    dueRefreshesPerSecond = settings.int(
      "proactiveRefresh.perSecond", default: Self.defaultDueRefreshesPerSecond, in: 0...10_000,
      "Refreshes ahead of time, before anyone asks, at most, by all replicas together; 0 for none.")
    dueRefreshUsedWithinSeconds = settings.int(
      "proactiveRefresh.usedWithinSeconds", default: Self.defaultDueRefreshUsedWithinSeconds, in: 60...31_536_000,
      unit: "seconds", "A Connection that was not used for longer is not refreshed ahead of time.")
    flowLifetimeSeconds = settings.int(
      "flow.lifetimeSeconds", default: Self.defaultFlowLifetimeSeconds, in: 1...3_600, unit: "seconds",
      "How long a person has to authorize.")
    revocationsPerSecond = settings.int(
      "revocation.perSecond", default: Self.defaultRevocationsPerSecond, in: 1...10_000,
      "Tokens given out for revocation at most, by each replica.")
    rotationsPerSecond = settings.int(
      "rotation.perSecond", default: Self.defaultRotationsPerSecond, in: 1...10_000,
      "Values that the rotation of an organization's key seals again, by all replicas together.")
    previousSecretKeptSeconds = settings.int(
      "secret.previousKeptSeconds", default: Self.defaultPreviousSecretKeptSeconds, in: 60...31_536_000,
      unit: "seconds", "How long a replaced client secret stays after nothing has needed it any more.")
    checkpoints = CheckpointSettings(settings)
    measure = MeasureRoutes(settings)
  }

  /// The journal key, read from its file.
  ///
  /// - Throws: `ConfigurationError` when it is named and cannot be used.
  func journalKey() throws -> JournalKeyPair? {
    guard let journalKeyFile else { return nil }
    do {
      return try JournalKeyPair.load(journalKeyFile)
    } catch {
      throw ConfigurationError(
        problems: ["\(journalKeyFile) is not a journal key that only this user can read (\(type(of: error)))"])
    }
  }
}
