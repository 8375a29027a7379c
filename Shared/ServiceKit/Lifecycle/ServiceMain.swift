import AsyncHTTPClient
import CoreMetrics
import FoundationEssentials
import Logging
import Model
import ServiceLifecycle
import ServiceTokens
import Tracing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// What an executable does: answers `--help`, `--version` and `--check-configuration`, or runs the service until a signal.
public enum ServiceMain {
  /// Exit codes, by sysexits.h.
  public enum ExitCode {
    public static let ok: Int32 = 0
    /// Wrong arguments (`EX_USAGE`).
    public static let usage: Int32 = 64
    /// The service failed (`EX_SOFTWARE`).
    public static let failure: Int32 = 70
    /// Wrong configuration (`EX_CONFIG`).
    public static let configuration: Int32 = 78
  }

  /// Runs the executable and ends the process.
  public static func run<Application: ServiceApplication>(_ application: Application.Type) async {
    let code = await execute(
      application, arguments: Array(CommandLine.arguments.dropFirst()), sources: SettingsSources())
    exit(code)
  }

  /// Does what the arguments say and returns the exit code. Must only once get as far as running, since it sets up the process's logging.
  public static func execute<Application: ServiceApplication>(
    _ application: Application.Type, arguments: [String], sources: SettingsSources,
    write: (StandardStream, String) -> Void = { $0.write($1) }
  ) async -> Int32 {
    switch arguments {
    case []: break
    case ["--help"], ["-h"]:
      write(.output, help(application))
      return ExitCode.ok
    case ["--version"]:
      write(.output, "\(Application.name.rawValue) \(LanyardVersion.current)\n")
      return ExitCode.ok
    case ["--check-configuration"]: break
    default:
      write(.error, "\(Application.name.rawValue): unknown arguments; see --help\n")
      return ExitCode.usage
    }
    do {
      let configuration = try Loaded(application, sources)
      if arguments.isEmpty {
        try await start(application, configuration)
      } else {
        // The files that settings name are part of the configuration.
        try configuration.checkFiles()
        write(.output, "\(Application.name.rawValue): the configuration is complete\n")
      }
      return ExitCode.ok
    } catch let error as ConfigurationError {
      write(.error, "\(Application.name.rawValue): the configuration has problems\n\(error)\n")
      return ExitCode.configuration
    } catch {
      write(.error, "\(Application.name.rawValue): stopped by an error of type \(type(of: error))\n")
      return ExitCode.failure
    }
  }

  /// Every setting of a service, its own and the common ones: the material of the configuration reference.
  public static func settings<Application: ServiceApplication>(of application: Application.Type) -> [SettingDescription]
  {
    let settings = Settings(SettingsSources(environment: [:]))
    _ = ServiceSettings(
      settings, service: Application.name, exposure: Application.exposure, peers: Application.peers)
    // Nothing is set, so it may well throw; what matters is what it declared.
    _ = try? Application.configure(settings)
    return settings.descriptions
  }

  private static func help<Application: ServiceApplication>(_ application: Application.Type) -> String {
    """
    The \(Application.name.rawValue) service of Lanyard \(LanyardVersion.current).

    Usage: \(Application.name.rawValue) [--help | --version | --check-configuration]

    Settings, from the environment or from the JSON file that \(SettingsSources.fileVariable) names:

    \(settings(of: application).helpText)

    Exit codes: 0 stopped on request, 64 wrong arguments, 70 failed, 78 wrong configuration.

    """
  }

  private static func start<Application: ServiceApplication>(
    _ application: Application.Type, _ loaded: Loaded<Application>
  ) async throws {
    let isHardened = ProcessHardening.apply()
    let settings = loaded.settings
    let sink = StandardOutputSink()
    LoggingSystem.bootstrap { label in
      JSONLogHandler(service: settings.service.rawValue, label: label, level: settings.logLevel, sink: sink)
    }
    let metrics = PrometheusMetrics()
    MetricsSystem.bootstrap(metrics)
    InstrumentationSystem.bootstrap(TraceInstrument())
    let logger = Logger(label: settings.service.rawValue)
    logger.info("starting", metadata: ["version": "\(LanyardVersion.current)"])
    if !isHardened { logger.warning("core dumps could not be switched off") }
    let now: @Sendable () -> Date = { Date() }
    let credentials = try ServiceCredentials.load(settings, now: now)
    let http = try PeerHTTPClient.make(certificateAuthorityFile: settings.certificateAuthorityFile)
    let environment = ServiceEnvironment(
      settings: settings, logger: logger, metrics: metrics, credentials: credentials, http: http, now: now)
    let group: ServiceGroup
    do {
      let composition = try await Application.build(loaded.configuration, environment)
      group = try ServiceRunner(composition, environment).group()
    } catch {
      try? await http.shutdown()
      throw error
    }
    try await group.run()
    logger.info("stopped")
  }
}

/// The settings of a service, read and without problems.
private struct Loaded<Application: ServiceApplication> {
  let settings: ServiceSettings
  let configuration: Application.Configuration

  init(_ application: Application.Type, _ sources: SettingsSources) throws {
    let reader = Settings(sources)
    settings = ServiceSettings(
      reader, service: Application.name, exposure: Application.exposure, peers: Application.peers)
    do {
      configuration = try Application.configure(reader)
    } catch let error as ConfigurationError {
      for problem in error.problems { reader.problem(problem) }
      try reader.finish()
      throw error
    }
    try reader.finish()
  }

  func checkFiles() throws { _ = try ServiceCredentials.load(settings) { Date() } }
}
