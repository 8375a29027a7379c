import ArgumentParser
import Audit
import FoundationEssentials
import Model

/// `lanyard audit verify`
struct AuditVerifyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify", abstract: "Check the audit trail's entries, chains and signed checkpoints.",
    discussion: """
      Connect as the role that owns the tables, for example vault_owner. Finds edits, gaps, moved entries and wrong heads from the \
      database alone; cut ends and chains that were computed anew are found with --checkpoints, up to the last checkpoint. \
      Ends with 0 when everything is intact, with 2 when something is not, with another code when it could not finish.
      """)

  /// Tells "the trail is not intact" apart from "the command did not get through".
  private static let findingsExitCode: Int32 = 2

  @Option(help: "Whose audit trail it is: vault or policy.")
  var service: MigrateCommand.DatabaseService

  @Option(help: "Only this organization's chain.")
  var organization: String?

  @OptionGroup var database: DatabaseOptions

  @OptionGroup var checkpoints: CheckpointOptions

  @Flag(help: "Print one JSON document a chain, and one for checkpoint files with problems.")
  var json = false

  func validate() throws {
    guard checkpoints.folders.isEmpty == checkpoints.keySets.isEmpty else {
      throw ValidationError("Give --checkpoints and --service-keys together.")
    }
    guard organization.map({ OrganizationID(validating: $0) != nil }) ?? true else {
      throw ValidationError("--organization is not an organization's id.")
    }
  }

  func run() async throws {
    try await reportingFailures {
      let only = organization.map { AuditChain(name: $0) }
      let known =
        checkpoints.folders.isEmpty ? nil : try checkpoints.read(ServiceName(service), only)
      let isIntact = try await database.withClient { [json] client, _ in
        let verifier = AuditVerifier(client: client)
        var isIntact = true
        let all = try await verifier.chains(besides: known)
        for chain in only.map({ [$0] }) ?? all {
          let report: AuditReport =
            if let known { try await verifier.verify(chain, with: known) } else { try await verifier.verify(chain) }
          try AuditVerdict(report).write(asJSON: json)
          isIntact = isIntact && report.isIntact
        }
        return isIntact
      }
      try writeProblems(of: known)
      guard isIntact, known?.problems.isEmpty ?? true else { throw ExitCode(Self.findingsExitCode) }
    }
  }

  private func writeProblems(of known: CheckpointSet?) throws {
    guard let known else {
      if !json { Output.line("note  without --checkpoints a cut end or a chain computed anew cannot be seen") }
      return
    }
    for problem in known.problems {
      if json {
        try Output.json(["checkpointFile": problem.file, "line": "\(problem.line)", "reason": problem.reason])
      } else {
        Output.line("problem  \(problem)")
      }
    }
  }
}

/// What is printed about a chain.
private struct AuditVerdict: Encodable {
  var chain: String
  var intact: Bool
  /// The first entry that is there: 1, or what follows a cut.
  var firstSequence: Int64
  var lastSequence: Int64
  var entries: Int
  /// Signed checkpoints that it was compared with.
  var checkpoints: Int
  var findings: [String]

  init(_ report: AuditReport) {
    chain = report.chain.name
    intact = report.isIntact
    firstSequence = report.start.sequence + 1
    lastSequence = report.last.sequence
    entries = report.entries
    checkpoints = report.comparisons
    findings = report.findings.map(\.description)
  }

  func write(asJSON json: Bool) throws {
    if json { return try Output.json(self) }
    let cut = firstSequence > 1 ? ", older ones were cut" : ""
    let state = intact ? "ok     " : "BROKEN "
    Output.line("\(state)  \(chain)  \(entries) entries to \(lastSequence), \(checkpoints) checkpoints\(cut)")
    for finding in findings { Output.line("         \(finding)") }
  }
}

extension ServiceName {
  init(_ service: MigrateCommand.DatabaseService) {
    self =
      switch service {
      case .vault: .vault
      case .policy: .policy
      }
  }
}
