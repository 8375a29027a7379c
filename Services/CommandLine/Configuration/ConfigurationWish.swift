import ArgumentParser
import Model

/// What `plan` and `apply` have in common: the file, the secrets, and whether what the file leaves out goes.
struct ConfigurationWish: ParsableArguments {
  @Option(name: [.customShort("f"), .long], help: "The configuration's file, as lanyard export writes it.")
  var file: String

  @Flag(help: "Delete what the file's lists leave out.")
  var prune = false

  @OptionGroup var secrets: SecretOptions

  func request() throws -> PutConfiguration {
    let file = try ConfigurationFile(path: file)
    let values = try secrets.values(for: file.secretNames)
    return PutConfiguration(
      configuration: file.document, secrets: values.isEmpty ? nil : values,
      replaceSecrets: secrets.replaceSecret.isEmpty ? nil : secrets.replaceSecret)
  }

  func put(_ request: PutConfiguration, dryRun: Bool, by call: GatewayCall) async throws -> ConfigurationReport {
    do {
      return try await call.put(
        "/v1/configuration?prune=\(prune)&dryRun=\(dryRun)", request, answer: ConfigurationReport.self)
    } catch let failure as CommandFailure {
      // The gateway's pointers begin one level above the file.
      let root = "/configuration/"
      throw CommandFailure(
        exitCode: failure.exitCode,
        problems: failure.problems.map { $0.hasPrefix(root) ? "\(file): /\($0.dropFirst(root.count))" : $0 })
    }
  }
}
