import ArgumentParser
import Audit
import FoundationEssentials
import Logging
import Model
import ServiceTokens

/// `lanyard audit cut`
struct AuditCutCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cut", abstract: "Remove audit entries that are older than they must be kept.",
    discussion: """
      Cuts each chain at the last checkpoint that was signed before the time, and leaves a chain alone that is not intact. The cut is recorded \
      in the chain and signed beside the checkpoints. Connect as the role that owns the tables; export first what must be kept elsewhere.
      """)

  @Option(help: "Whose audit trail it is: vault or policy.")
  var service: MigrateCommand.DatabaseService

  @Option(help: "Only this organization's chain.")
  var organization: String?

  @Option(help: "Entries signed before this time go, for example 2026-01-01T00:00:00Z.")
  var before: String

  @Option(help: "The service's own key, which signs the cut.")
  var serviceKey: String

  @OptionGroup var database: DatabaseOptions

  @OptionGroup var checkpoints: CheckpointOptions

  @Flag(help: "Print one JSON document a chain.")
  var json = false

  /// One line of the printed list.
  private struct Item: Encodable {
    var chain: String
    var cutThrough: Int64?
    var removed: Int
    var problem: String?
  }

  func validate() throws {
    guard !checkpoints.folders.isEmpty, !checkpoints.keySets.isEmpty else {
      throw ValidationError("Give --checkpoints and --service-keys: a chain is cut where it was signed.")
    }
    guard WireTime.date(before) != nil else {
      throw ValidationError("--before is not a time such as 2026-01-01T00:00:00Z.")
    }
    guard organization.map({ OrganizationID(validating: $0) != nil }) ?? true else {
      throw ValidationError("--organization is not an organization's id.")
    }
  }

  func run() async throws {
    try await reportingFailures {
      let name = ServiceName(service)
      let key = try ServiceKeyFile.read(serviceKey)
      guard key.service == name else {
        throw CommandFailure.configuration(["\(serviceKey) is the key of the \(key.service.rawValue) service"])
      }
      let only = organization.map { AuditChain(name: $0) }
      let known = try checkpoints.read(name, only)
      let file = CheckpointFile(folder: checkpoints.folders[0], service: name)
      try file.prepare()
      let time = WireTime.date(before) ?? .distantPast
      let isDone = try await database.withClient { [json] client, logger in
        let retention = AuditRetention(
          client: client, writer: AuditWriter(client: client, logger: logger), service: name,
          signer: StatementSigner(key: key), file: file)
        let all = try await AuditVerifier(client: client).chains()
        var isDone = true
        for chain in only.map({ [$0] }) ?? all {
          let item = try await Self.cut(chain, before: time, by: known, retention)
          isDone = isDone && item.problem == nil
          try Self.write(item, asJSON: json)
        }
        return isDone
      }
      guard isDone else { throw ExitCode(1) }
    }
  }

  private static func cut(
    _ chain: AuditChain, before: Date, by checkpoints: CheckpointSet, _ retention: AuditRetention
  ) async throws -> Item {
    do {
      let cut = try await retention.cut(chain, before: before, by: checkpoints)
      return Item(chain: chain.name, cutThrough: cut.through, removed: cut.removed)
    } catch AuditRetention.Refusal.notIntact(let findings) {
      let problem = "left alone, it is not intact: " + findings.map(\.description).joined(separator: "; ")
      return Item(chain: chain.name, removed: 0, problem: problem)
    }
  }

  private static func write(_ item: Item, asJSON json: Bool) throws {
    if json { return try Output.json(item) }
    if let problem = item.problem { return Output.line("problem  \(item.chain)  \(problem)") }
    Output.line("ok       \(item.chain)  \(item.removed) entries removed")
  }
}
