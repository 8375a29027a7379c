import ArgumentParser
import Model

/// `lanyard apply`
struct ApplyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "apply", abstract: "Make an organization what a configuration's file says.",
    discussion: """
      Shows the plan first and asks. All or nothing; applied again, nothing changes. Values of new secrets come from files, --secret \
      NAME=@FILE, or from the environment, LANYARD_SECRET_NAME. What was planned is applied only to the state that it was planned for.
      """)

  @OptionGroup var wish: ConfigurationWish

  @OptionGroup var place: GatewayOptions

  @Flag(help: "Do not ask.")
  var yes = false

  @Flag(help: "Print what was done as JSON. Goes with --yes.")
  var json = false

  func validate() throws {
    guard yes || !json else { throw ValidationError("--json goes with --yes: there is nobody to ask.") }
  }

  func run() async throws {
    try await reportingFailures {
      let call = try place.call()
      var request = try wish.request()
      let plan = try await wish.put(request, dryRun: true, by: call)
      if !json { plan.write() }
      guard !plan.isEmpty else { return json ? try Output.json(plan) : () }
      guard yes || Self.isAgreed() else { throw CommandFailure.other("Nothing was applied.") }
      request.version = plan.version
      let report = try await wish.put(request, dryRun: false, by: call)
      if json { try Output.json(report) } else { report.write() }
    }
  }

  private static func isAgreed() -> Bool {
    Output.line("Apply this? Type yes.")
    return readLine() == "yes"
  }
}
