import ArgumentParser
import Model
import ServiceKit

/// `lanyard doctor`: what stands in the way of a running deployment, and what to do about it.
struct DoctorCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor", abstract: "Check files, databases and services; say what to do about each problem.",
    discussion: "Looks at what the options name. Ends with 78 when there is a problem.")

  @Option(help: "The directory that lanyard init made.")
  var directory: String?

  @Option(help: "A file with the database URL of the vault's application role.")
  var vaultDatabaseUrlFile: String?

  @Option(help: "A file with the database URL of the policy service's application role.")
  var policyDatabaseUrlFile: String?

  @Option(
    name: .customLong("url"), help: "A service's metrics address, such as http://127.0.0.1:7101. May be repeated.")
  var urls: [String] = []

  @Flag(help: "Print the findings as JSON.")
  var json = false

  func validate() throws {
    guard directory != nil || vaultDatabaseUrlFile != nil || policyDatabaseUrlFile != nil || !urls.isEmpty else {
      throw ValidationError("Name something to check: --directory, a database URL file, or --url.")
    }
  }

  func run() async throws {
    try await reportingFailures {
      var findings: [Finding] = []
      if let directory { findings += FileChecks(layout: DeploymentLayout(directory: directory)).findings() }
      if let vaultDatabaseUrlFile {
        findings += await DatabaseChecks(service: .vault, urlFile: vaultDatabaseUrlFile).findings()
      }
      if let policyDatabaseUrlFile {
        findings += await DatabaseChecks(service: .policy, urlFile: policyDatabaseUrlFile).findings()
      }
      for url in urls { findings.append(await ReadinessProbe.finding(url)) }
      try report(findings)
    }
  }

  private func report(_ findings: [Finding]) throws {
    if json {
      try Output.json(findings)
    } else {
      for finding in findings {
        let detail = finding.detail.isEmpty ? "" : ": \(finding.detail)"
        Output.line("\(finding.ok ? "ok     " : "problem")  \(finding.subject)\(detail)")
      }
    }
    if findings.contains(where: { !$0.ok }) { throw ExitCode(ServiceMain.ExitCode.configuration) }
  }
}
