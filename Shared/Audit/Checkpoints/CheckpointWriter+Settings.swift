import Logging
public import PostgreSQL
public import ServiceKit
import ServiceTokens

extension CheckpointWriter {
  /// The writer that the settings ask for; nil when they name no folder.
  ///
  /// - Throws: `ConfigurationError` for a folder that cannot be used: found out now, not when the first checkpoint is due.
  public convenience init?(
    _ settings: CheckpointSettings, of writer: AuditWriter, database: PostgresClient, _ environment: ServiceEnvironment
  ) throws {
    guard let folder = settings.folder else {
      environment.logger.warning("no audit checkpoints are written: LANYARD_AUDIT_CHECKPOINTS is not set")
      return nil
    }
    let file = CheckpointFile(folder: folder, service: environment.service, now: environment.now)
    do {
      try file.prepare()
    } catch let error as CheckpointFileError {
      throw ConfigurationError(problems: [error.description])
    }
    self.init(
      of: writer, database: database, to: file, service: environment.service,
      signer: environment.credentials.statementSigner,
      configuration: Configuration(interval: settings.interval, entries: settings.entries), now: environment.now,
      logger: environment.logger)
  }
}
