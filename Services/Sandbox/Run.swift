import Foundation
import Hummingbird
import Logging
import ServiceKit
import ServiceLifecycle
import UnixSignals

/// What the executable does: answers `--help` and `--check-configuration`, or runs the sandbox until a signal.
public enum SandboxMain {
  /// Runs and ends the process with an exit code of ``ServiceMain``.
  public static func run() async {
    exit(await execute(arguments: Array(CommandLine.arguments.dropFirst())))
  }

  private static func execute(arguments: [String]) async -> Int32 {
    let sources = SettingsSources.sandbox(environment: ProcessInfo.processInfo.environment)
    do {
      switch arguments {
      case []: try await start(try SandboxSettings(sources))
      case ["--help"], ["-h"]: StandardStream.output.write(help)
      case ["--version"]: StandardStream.output.write("sandbox \(LanyardVersion.current)\n")
      case ["--check-configuration"]:
        _ = try SandboxSettings(sources)
        StandardStream.output.write("sandbox: the configuration is complete\n")
      default:
        StandardStream.error.write("sandbox: unknown arguments; see --help\n")
        return ServiceMain.ExitCode.usage
      }
      return ServiceMain.ExitCode.ok
    } catch let error as ConfigurationError {
      StandardStream.error.write("sandbox: the configuration has problems\n\(error)\n")
      return ServiceMain.ExitCode.configuration
    } catch {
      StandardStream.error.write("sandbox: stopped by an error of type \(type(of: error))\n")
      return ServiceMain.ExitCode.failure
    }
  }

  private static func start(_ settings: SandboxSettings) async throws {
    let sink = StandardOutputSink()
    LoggingSystem.bootstrap { label in
      JSONLogHandler(service: "sandbox", label: label, level: settings.logLevel, sink: sink)
    }
    let logger = Logger(label: "sandbox")
    if !ProcessHardening.apply() { logger.warning("core dumps could not be switched off") }
    let application = try await buildSandbox(settings, logger: logger)
    var configuration = ServiceGroupConfiguration(
      services: [.init(service: application, serviceName: "main port")],
      gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
    configuration.maximumGracefulShutdownDuration = settings.drain
    configuration.maximumCancellationDuration = .seconds(ServiceDefaults.cancellationSeconds)
    try await ServiceGroup(configuration: configuration).run()
    logger.info("stopped")
  }

  private static var help: String {
    let settings = Settings(SettingsSources(environment: [:]))
    _ = SandboxSettings(settings)
    return """
      The sandbox of Lanyard \(LanyardVersion.current): an OAuth 2.1 provider for practice, never for a deployment.

      Usage: sandbox [--help | --version | --check-configuration]

      Settings (SANDBOX_HOST, SANDBOX_PORT and SANDBOX_… are short for LANYARD_HTTP_HOST, LANYARD_HTTP_PORT and
      LANYARD_SANDBOX_…):

      \(settings.descriptions.helpText)

      """
  }
}
