import ArgumentParser
import Model

/// `lanyard plan`
struct PlanCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan", abstract: "Say what applying a configuration's file would do, and whom it would touch.",
    discussion: "Changes nothing. + is new, ~ is changed, - is deleted.")

  /// With `--exit-code`, for a plan that is not empty.
  static let differs = ExitCode(2)

  @OptionGroup var wish: ConfigurationWish

  @OptionGroup var place: GatewayOptions

  @Flag(help: "End with the exit code 2 when something would change.")
  var exitCode = false

  @Flag(help: "Print the plan as JSON.")
  var json = false

  func run() async throws {
    try await reportingFailures {
      let report = try await wish.put(try wish.request(), dryRun: true, by: try place.call())
      if json { try Output.json(report) } else { report.write() }
      if exitCode, !report.isEmpty { throw Self.differs }
    }
  }
}
