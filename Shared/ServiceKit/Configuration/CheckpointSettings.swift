/// Where and how often a service with an audit trail signs it outside its database.
public struct CheckpointSettings: Sendable {
  /// What may be unsigned when a machine is lost. A line has some 350 bytes, so a busy chain fills half a megabyte a day.
  static let standardSeconds = 60
  /// A burst is signed sooner: this many entries are a few seconds of heavy use.
  static let standardEntries = 1_000

  /// Nil where no checkpoints are written.
  public let folder: String?
  public let interval: Duration
  public let entries: Int

  public init(_ settings: Settings) {
    folder = settings.optionalString(
      "audit.checkpoints", type: "path",
      "The folder for signed checkpoints of the audit trail, a file for each process; made when missing.")
    interval = settings.seconds(
      "audit.checkpointSeconds", default: Self.standardSeconds, in: 1...86_400,
      "How long audit entries may wait for their checkpoint.")
    entries = settings.int(
      "audit.checkpointEntries", default: Self.standardEntries, in: 1...1_000_000,
      "Audit entries after which a checkpoint is written before its time.")
  }
}
