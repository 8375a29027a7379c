public import AsyncHTTPClient
public import FoundationEssentials
public import Logging
public import Model
public import ServiceTokens

/// What every service is given to be built from.
public struct ServiceEnvironment: Sendable {
  /// The common settings.
  public let settings: ServiceSettings
  public let logger: Logger
  public let metrics: PrometheusMetrics
  /// By which the service proves itself and checks the others.
  public let credentials: ServiceCredentials
  /// For calls to our own services only; the outside is reached through the guarded egress client.
  public let http: HTTPClient
  /// The services that this one calls.
  public let peers: PeerClients
  /// The clock.
  public let now: @Sendable () -> Date

  /// - Parameters:
  ///   - http: must live until the service has stopped; ``ServiceRunner`` shuts it down.
  public init(
    settings: ServiceSettings, logger: Logger, metrics: PrometheusMetrics, credentials: ServiceCredentials,
    http: HTTPClient, now: @escaping @Sendable () -> Date = { Date() }
  ) {
    self.settings = settings
    self.logger = logger
    self.metrics = metrics
    self.credentials = credentials
    self.http = http
    self.now = now
    peers = PeerClients(
      settings.peers.compactMap { service, addresses in
        guard !addresses.isEmpty else { return nil }
        return PeerClient(
          service: service, addresses: addresses, http: http, tokens: credentials.issuer, logger: logger,
          metrics: metrics)
      })
  }

  /// The service.
  public var service: ServiceName { settings.service }
}

extension ServiceCredentials {
  /// Reads the key files that the settings name. A service without (the sandbox) gets a key that nobody else knows.
  ///
  /// - Throws: ``ConfigurationError``.
  static func load(_ settings: ServiceSettings, now: @escaping @Sendable () -> Date) throws -> ServiceCredentials {
    do {
      guard let keyFile = settings.serviceKeyFile, let keysFile = settings.serviceKeysFile else {
        let key = ServiceKey.generate(for: settings.service)
        return ServiceCredentials(key: key, keys: try ServiceKeySet([key.publicKey]), now: now)
      }
      let key = try ServiceKeyFile.read(keyFile)
      guard key.service == settings.service else {
        throw ConfigurationError(problems: ["\(keyFile) is the key of the \(key.service.rawValue) service"])
      }
      return ServiceCredentials(key: key, keys: try ServiceKeySet(contentsOf: keysFile), now: now)
    } catch let problem as ServiceKeyProblem {
      throw ConfigurationError(problems: [problem.description])
    }
  }
}
