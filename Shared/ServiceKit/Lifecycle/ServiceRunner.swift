import AsyncHTTPClient
import Hummingbird
import HummingbirdCore
import HummingbirdTLS
import Logging
import Model
import NIOCore
import NIOSSL
public import ServiceLifecycle
public import UnixSignals

/// Runs a service: its main port, its metrics port, its background work; and stops it in order.
///
/// On a signal the service first says that it is not ready, then ends the work that it takes up by itself, then finishes running requests,
/// then stops the metrics port, then what those needed, and last the client to its peers.
public struct ServiceRunner {
  /// The two ports of a service.
  public enum Port: Sendable { case main, metrics }

  private let composition: ServiceComposition
  private let environment: ServiceEnvironment

  public init(_ composition: ServiceComposition, _ environment: ServiceEnvironment) {
    self.composition = composition
    self.environment = environment
  }

  /// Everything that runs, as one group.
  ///
  /// - Parameters:
  ///   - signals: on which it stops; none in a test, which stops the group itself.
  ///   - onListening: told the number of each port once it accepts connections.
  /// - Throws: ``ConfigurationError`` when certificate or key cannot be used.
  public func group(
    signals: [UnixSignal] = [.sigterm, .sigint],
    onListening: @escaping @Sendable (Port, Int) async -> Void = { _, _ in }
  ) throws -> ServiceGroup {
    let settings = environment.settings
    let health = Health(checks: composition.readiness)
    let main = Application(
      responder: composition.router.responder(health), server: try mainServer(),
      configuration: ApplicationConfiguration(address: .hostname(settings.host, port: settings.port)),
      onServerRunning: listening(.main, onListening), logger: environment.logger)
    let metrics = Application(
      responder: metricsRouter(health).responder(health), server: plainServer(),
      configuration: ApplicationConfiguration(address: .hostname(settings.metricsHost, port: settings.metricsPort)),
      onServerRunning: listening(.metrics, onListening), logger: environment.logger)

    // Stopped from the last to the first.
    var services = [Self.entry(HTTPClientService(client: environment.http), "peer client")]
    services += composition.services.map { Self.entry($0, "\(type(of: $0))") }
    services.append(Self.entry(metrics, "metrics port"))
    services.append(Self.entry(main, "main port"))
    services += composition.workers.map { Self.entry($0, "\(type(of: $0))") }
    services.append(Self.entry(DrainService(health: health), "drain"))
    var configuration = ServiceGroupConfiguration(services: services, logger: environment.logger)
    configuration.gracefulShutdownSignals = signals
    configuration.maximumGracefulShutdownDuration = settings.drain
    configuration.maximumCancellationDuration = .seconds(ServiceDefaults.cancellationSeconds)
    return ServiceGroup(configuration: configuration)
  }

  /// A service under a name of our choice: the default name would print its fields into the log.
  private static func entry(
    _ service: any Service, _ name: String
  ) -> ServiceGroupConfiguration.ServiceConfiguration {
    ServiceGroupConfiguration.ServiceConfiguration(
      service: service, successTerminationBehavior: .gracefullyShutdownGroup,
      failureTerminationBehavior: .gracefullyShutdownGroup, serviceName: name)
  }

  private func metricsRouter(_ health: Health) -> ServiceRouter {
    let router = ServiceRouter(environment)
    let metrics = environment.metrics
    router.get("/metrics") { _, _ -> Response in
      let text = metrics.text() + (await health.report()).metrics
      return Response(
        status: .ok, headers: [.contentType: PrometheusMetrics.mediaType],
        body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }
    return router
  }

  private func listening(
    _ port: Port, _ onListening: @escaping @Sendable (Port, Int) async -> Void
  ) -> @Sendable (any Channel) async -> Void {
    let logger = environment.logger
    return { channel in
      let number = channel.localAddress?.port ?? 0
      logger.info("listening", metadata: ["port": .stringConvertible(number), "purpose": "\(port)"])
      await onListening(port, number)
    }
  }

  // MARK: Servers

  private func plainServer() -> HTTPServerBuilder {
    .http1(
      configuration: HTTP1Channel.Configuration(
        idleTimeout: TimeAmount(environment.settings.idleTimeout),
        httpDecoderConfiguration: HTTP1Channel.Configuration.DecoderConfiguration(
          maxHeaderFieldSize: ServiceDefaults.maximumHeaderBytes, maxHeaderListSize: ServiceDefaults.maximumHeaderBytes)
      ))
  }

  private func mainServer() throws -> HTTPServerBuilder {
    guard let files = environment.settings.tls else { return plainServer() }
    guard let certificates = try? NIOSSLCertificate.fromPEMFile(files.certificate), !certificates.isEmpty else {
      throw ConfigurationError(problems: ["\(files.certificate) is not a PEM file with certificates"])
    }
    guard let key = try? NIOSSLPrivateKey(file: files.key, format: .pem) else {
      throw ConfigurationError(problems: ["\(files.key) is not a PEM file with a private key"])
    }
    var tls = TLSConfiguration.makeServerConfiguration(
      certificateChain: certificates.map { .certificate($0) }, privateKey: .privateKey(key))
    tls.minimumTLSVersion = .tlsv12
    if let authority = environment.settings.certificateAuthorityFile {
      guard let trusted = try? NIOSSLCertificate.fromPEMFile(authority), !trusted.isEmpty else {
        throw ConfigurationError(problems: ["\(authority) is not a PEM file with certificates"])
      }
      // A client certificate is welcome and then has to be right; who calls is proved by the service token.
      tls.trustRoots = .certificates(trusted)
      tls.certificateVerification = .optionalVerification
    }
    do {
      _ = try NIOSSLContext(configuration: tls)
    } catch {
      throw ConfigurationError(problems: ["\(files.certificate) and \(files.key) do not belong together"])
    }
    return try .tls(plainServer(), tlsConfiguration: tls)
  }
}

/// Owns the client to the peers: started first, so stopped when nobody calls any more.
private struct HTTPClientService: Service {
  let client: HTTPClient

  func run() async throws {
    // Cancellation ends the wait as well; the client is shut down either way.
    try? await gracefulShutdown()
    try await client.shutdown()
  }
}

/// Says "not ready" at the very beginning of a shutdown.
private struct DrainService: Service {
  let health: Health

  func run() async throws {
    try? await gracefulShutdown()
    health.beginDraining()
  }
}
