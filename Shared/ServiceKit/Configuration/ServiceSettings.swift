public import Logging
public import Model

/// Whom a service answers, and so which protection its configuration must have.
public enum ServiceExposure: Sendable {
  /// Our own services only: service tokens, and TLS unless it listens on this machine alone.
  case `internal`
  /// Everyone: the gateway, which may stand behind a proxy that ends TLS.
  case `public`
  /// Nobody in a deployment: the sandbox. It has no service key and calls no peer.
  case standalone
}

/// The settings that every service has.
public struct ServiceSettings: Sendable {
  public let service: ServiceName
  /// The address to listen on.
  public let host: String
  /// The port to listen on; 0 takes any free one.
  public let port: Int
  public let metricsHost: String
  public let metricsPort: Int
  public let logLevel: Logger.Level
  /// The PEM files of this server's certificate chain and key; nil without TLS.
  public let tls: ServerTLSFiles?
  /// The PEM file with the only authority that peers' certificates may come from.
  public let certificateAuthorityFile: String?
  /// This service's own key.
  public let serviceKeyFile: String?
  /// The pinned public keys of all services.
  public let serviceKeysFile: String?
  /// The replicas of each service that this one calls.
  public let peers: [ServiceName: [PeerAddress]]
  /// How long running requests may take to finish after a signal to stop.
  public let drain: Duration
  /// How long an HTTP connection may be idle.
  public let idleTimeout: Duration
  /// Bytes that a request body may have.
  public let maximumBodyBytes: Int

  /// The files of a server certificate.
  public struct ServerTLSFiles: Sendable, Equatable {
    public let certificate: String
    public let key: String
  }

  /// Reads the common settings.
  ///
  /// - Parameters:
  ///   - service: whose settings.
  ///   - exposure: whom it answers.
  ///   - peers: the services that it calls; each gets a `LANYARD_<PEER>_URL`.
  public init(_ settings: Settings, service: ServiceName, exposure: ServiceExposure, peers: [ServiceName]) {
    self.service = service
    host = settings.string("http.host", default: "127.0.0.1", "The address to listen on.")
    port = settings.int(
      "http.port", default: ServiceDefaults.port(of: service), in: 0...65_535,
      "The port to listen on; 0 takes any free one.")
    metricsHost = settings.string(
      "metrics.host", default: "127.0.0.1", "The address for /metrics, /healthz and /readyz.")
    metricsPort = settings.int(
      "metrics.port", default: ServiceDefaults.metricsPort(of: service), in: 0...65_535,
      "The port for /metrics, /healthz and /readyz; 0 takes any free one.")
    logLevel = settings.choice("log.level", default: Logger.Level.info, "The least important records that are written.")
    drain = settings.seconds(
      "drainSeconds", default: ServiceDefaults.drainSeconds, in: 1...600,
      "How long running requests may take to finish after a signal to stop.")
    idleTimeout = settings.seconds(
      "http.idleSeconds", default: ServiceDefaults.idleSeconds, in: 1...3_600,
      "How long an HTTP connection may be idle before it is closed.")
    maximumBodyBytes = settings.int(
      "http.maximumBodyBytes", default: ServiceDefaults.maximumBodyBytes, in: 1_024...67_108_864, unit: "bytes",
      "The largest request body; larger ones are refused with 413.")
    tls = Self.serverTLS(settings, host: host, exposure: exposure)

    guard exposure != .standalone else {
      certificateAuthorityFile = nil
      serviceKeyFile = nil
      serviceKeysFile = nil
      self.peers = [:]
      return
    }
    certificateAuthorityFile = settings.optionalString(
      "tls.caFile", type: "path",
      "The PEM file with the only authority that the certificates of our services may come from.")
    serviceKeyFile = settings.requiredString(
      "service.keyFile", type: "path", "This service's own key, readable by its user alone (lanyard init makes it).")
    serviceKeysFile = settings.requiredString(
      "service.keysFile", type: "path", "The pinned public keys of all services (lanyard init makes it).")
    self.peers = Self.peers(settings, peers, hasAuthority: certificateAuthorityFile != nil)
  }

  private static func serverTLS(
    _ settings: Settings, host: String, exposure: ServiceExposure
  ) -> ServerTLSFiles? {
    let certificate = settings.optionalString(
      "tls.certificateFile", type: "path", "The PEM file with this server's certificate chain.")
    let key = settings.optionalString(
      "tls.keyFile", type: "path", "The PEM file with the key of this server's certificate.")
    switch (certificate, key) {
    case (let certificate?, let key?): return ServerTLSFiles(certificate: certificate, key: key)
    case (nil, nil):
      if exposure == .internal, !PeerAddress.isLoopback(host) {
        settings.problem(
          "LANYARD_HTTP_HOST is \(host), which others can reach: "
            + "set LANYARD_TLS_CERTIFICATE_FILE and LANYARD_TLS_KEY_FILE")
      }
      return nil
    default:
      settings.problem("LANYARD_TLS_CERTIFICATE_FILE and LANYARD_TLS_KEY_FILE belong together")
      return nil
    }
  }

  /// The addresses of this service and of those that it calls: never a destination for what strangers name.
  public var origins: [String] { peers.values.joined().map(\.origin) + ["http://\(host):\(port)"] }

  private static func peers(
    _ settings: Settings, _ names: [ServiceName], hasAuthority: Bool
  ) -> [ServiceName: [PeerAddress]] {
    var peers: [ServiceName: [PeerAddress]] = [:]
    for name in names {
      let key = "\(name.rawValue).url"
      let variable = Settings.variable(for: key)
      let texts = settings.list(
        key, default: ["http://127.0.0.1:\(ServiceDefaults.port(of: name))"],
        "Where the \(name.rawValue) service is reached: scheme, host and port; several replicas are taken in turn.")
      peers[name] = texts.compactMap { text in
        guard let address = PeerAddress(text) else {
          settings.problem("\(variable) must be http(s)://host[:port], or several of them separated by commas")
          return nil
        }
        if address.scheme == "http", !address.isLoopback {
          settings.problem("\(variable) leaves this machine without TLS: use https")
        }
        if address.scheme == "https", !hasAuthority {
          settings.problem("\(variable) uses https: set LANYARD_TLS_CA_FILE")
        }
        return address
      }
      if texts.isEmpty { settings.problem("\(variable) names no replica") }
    }
    return peers
  }
}

/// The defaults of the common settings, with their reasons.
public enum ServiceDefaults {
  /// Long enough for a provider call that has begun; orchestrators kill after 30 s.
  public static let drainSeconds = 20
  /// After the drain, time for cancelled work to unwind.
  public static let cancellationSeconds = 5
  /// Longer than our clients keep a connection (``PeerHTTPClient/idleSeconds``), so that the client closes first and no request
  /// meets a closing connection.
  public static let idleSeconds = 60
  /// Our largest request is a configuration document; 1 MiB is an order of magnitude above it.
  public static let maximumBodyBytes = 1_048_576
  /// Bytes of all request headers: a grant and a token take 3 KiB together.
  public static let maximumHeaderBytes = 32_768

  /// The ports of the local stack and the compose file: together, and outside the usual ranges.
  public static func port(of service: ServiceName) -> Int {
    switch service {
    case .gateway: 7_000
    case .vault: 7_001
    case .exchanger: 7_002
    case .policy: 7_003
    case .sandbox: 7_009
    }
  }

  /// The metrics port stands a hundred above the main one.
  public static func metricsPort(of service: ServiceName) -> Int { port(of: service) + 100 }
}
