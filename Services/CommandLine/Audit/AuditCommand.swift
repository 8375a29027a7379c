import ArgumentParser

/// `lanyard audit`
struct AuditCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "audit", abstract: "Verify the audit trail, and cut what is older than it must be kept.",
    subcommands: [AuditVerifyCommand.self, AuditCutCommand.self])
}
