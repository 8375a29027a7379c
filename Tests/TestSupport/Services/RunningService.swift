public import AsyncHTTPClient
import FoundationEssentials
import Logging
public import Model
public import ServiceKit
import ServiceLifecycle
import ServiceTokens

/// A service that runs inside the test, on free ports of this machine, with the same wiring as its executable.
public struct RunningService: Sendable {
  public let service: ServiceName
  /// Where the main port answers: scheme, host and port.
  public let url: String
  /// Where `/metrics` answers.
  public let metricsURL: String
  public let keys: TestServiceKeys
  public let environment: ServiceEnvironment
  /// A client for plain requests; it lives as long as the service.
  public let http: HTTPClient
  /// Starts the orderly stop, as a signal would.
  public let beginStop: @Sendable () async -> Void

  /// A client that calls this service as another one of our services would.
  public func client(as caller: ServiceName) -> PeerClient {
    PeerClient(
      service: service, addresses: PeerAddress(url).map { [$0] } ?? [], http: http,
      tokens: keys.credentials(of: caller).issuer, logger: environment.logger, metrics: environment.metrics)
  }

  /// Runs a composition while `body` runs.
  ///
  /// - Parameters:
  ///   - service: the service that it is.
  ///   - keys: the keys of all services.
  ///   - variables: settings besides the ports.
  ///   - peers: the services that it calls, with their URLs.
  ///   - log: where its log goes.
  @discardableResult
  public static func with<Result>(
    _ service: ServiceName, keys: TestServiceKeys? = nil, variables: [String: String] = [:],
    peers: [ServiceName: String] = [:], log: any LogSink = RecordedLog(),
    build: @escaping @Sendable (ServiceEnvironment) async throws -> ServiceComposition,
    _ body: (RunningService) async throws -> Result
  ) async throws -> Result {
    let settings = Settings(SettingsSources(environment: Self.variables(variables, peers: peers)))
    let common = ServiceSettings(settings, service: service, exposure: .internal, peers: Array(peers.keys))
    try settings.finish()
    return try await run(common, keys: keys ?? TestServiceKeys(), log: log, build: build, body)
  }

  /// Runs an application, with its own settings, while `body` runs.
  ///
  /// - Parameters:
  ///   - variables: all settings besides the ports, as environment variables.
  ///   - peers: the services that it calls, with their URLs; the ones that are left out are called at a port where nobody listens.
  @discardableResult
  public static func with<Application: ServiceApplication, Result>(
    _ application: Application.Type, keys: TestServiceKeys? = nil, variables: [String: String] = [:],
    peers: [ServiceName: String] = [:], log: any LogSink = RecordedLog(),
    _ body: (RunningService) async throws -> Result
  ) async throws -> Result {
    var addresses = peers
    for peer in Application.peers where addresses[peer] == nil { addresses[peer] = "http://127.0.0.1:1" }
    var variables = Self.variables(variables, peers: addresses)
    if Application.exposure == .standalone {
      variables["LANYARD_SERVICE_KEY_FILE"] = nil
      variables["LANYARD_SERVICE_KEYS_FILE"] = nil
    }
    let settings = Settings(SettingsSources(environment: variables))
    let common = ServiceSettings(
      settings, service: Application.name, exposure: Application.exposure, peers: Application.peers)
    let configuration = try Application.configure(settings)
    try settings.finish()
    return try await run(
      common, keys: keys ?? TestServiceKeys(), log: log,
      build: { try await Application.build(configuration, $0) }, body)
  }

  private static func variables(_ given: [String: String], peers: [ServiceName: String]) -> [String: String] {
    var variables = [
      "LANYARD_HTTP_PORT": "0", "LANYARD_METRICS_PORT": "0", "LANYARD_LOG_LEVEL": "debug",
      // Not read: the keys of a test are in memory.
      "LANYARD_SERVICE_KEY_FILE": "in-memory", "LANYARD_SERVICE_KEYS_FILE": "in-memory",
    ]
    for (service, url) in peers { variables[Settings.variable(for: "\(service.rawValue).url")] = url }
    return variables.merging(given) { _, given in given }
  }

  private static func run<Result>(
    _ settings: ServiceSettings, keys: TestServiceKeys, log: any LogSink,
    build: @escaping @Sendable (ServiceEnvironment) async throws -> ServiceComposition,
    _ body: (RunningService) async throws -> Result
  ) async throws -> Result {
    let service = settings.service
    let logger = Logger(label: service.rawValue) { label in
      JSONLogHandler(service: service.rawValue, label: label, level: settings.logLevel, sink: log)
    }
    let authority = settings.certificateAuthorityFile
    let environment = ServiceEnvironment(
      settings: settings, logger: logger, metrics: PrometheusMetrics(), credentials: keys.credentials(of: service),
      http: try PeerHTTPClient.make(certificateAuthorityFile: authority))
    let group: ServiceGroup
    let (ports, continuation) = AsyncStream<(ServiceRunner.Port, Int)>.makeStream()
    do {
      let composition = try await build(environment)
      group = try ServiceRunner(composition, environment).group(signals: []) { continuation.yield(($0, $1)) }
    } catch {
      try? await environment.http.shutdown()
      throw error
    }
    async let running: Void = {
      defer { continuation.finish() }
      try await group.run()
    }()
    var main: Int?
    var metrics: Int?
    for await (port, number) in ports {
      switch port {
      case .main: main = number
      case .metrics: metrics = number
      }
      if main != nil, metrics != nil { break }
    }
    guard let main, let metrics else {
      try await running
      throw ServiceDidNotListen()
    }
    let http = try PeerHTTPClient.make(certificateAuthorityFile: authority)
    let started = RunningService(
      service: service, url: "\(settings.tls == nil ? "http" : "https")://127.0.0.1:\(main)",
      metricsURL: "http://127.0.0.1:\(metrics)", keys: keys, environment: environment, http: http,
      beginStop: { await group.triggerGracefulShutdown() })
    do {
      let result = try await body(started)
      try await http.shutdown()
      await group.triggerGracefulShutdown()
      try await running
      return result
    } catch {
      try? await http.shutdown()
      await group.triggerGracefulShutdown()
      try? await running
      throw error
    }
  }
}

/// The service ended before it listened.
public struct ServiceDidNotListen: Error {}
