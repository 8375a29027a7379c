public import Model
public import ServiceLifecycle

/// A service: its name, its settings, and how it is put together. ``ServiceMain`` does everything else.
public protocol ServiceApplication: SendableMetatype {
  /// What the service can be told from outside.
  associatedtype Configuration: Sendable

  static var name: ServiceName { get }
  /// Whom it answers.
  static var exposure: ServiceExposure { get }
  /// The services that it calls.
  static var peers: [ServiceName] { get }

  /// Reads the service's own settings. Only reads: `--help` and the configuration reference call it without any being set.
  /// Problems go to ``Settings/problem(_:)``.
  static func configure(_ settings: Settings) throws -> Configuration

  /// Puts the service together: the only function that knows every concrete type.
  ///
  /// - Throws: ``ConfigurationError`` when what it finds outside forbids a start.
  static func build(
    _ configuration: Configuration, _ environment: ServiceEnvironment
  ) async throws -> ServiceComposition
}

extension ServiceApplication {
  public static var exposure: ServiceExposure { .internal }
  public static var peers: [ServiceName] { [] }
}

/// The parts of a running service.
public struct ServiceComposition {
  /// The routes of the main port.
  public var router: ServiceRouter
  /// What else must run, in the order of dependency: stopped in reverse, after the last request was answered.
  public var services: [any Service]
  /// What takes up work by itself. Stopped first, while requests are still answered: from the signal on it takes up nothing new. It must end
  /// soon, since the main port goes on until it has; what it has in hand belongs to one of ``services``.
  public var workers: [any Service]
  /// What must work before the service gets requests.
  public var readiness: [ReadinessCheck]

  public init(
    router: ServiceRouter, services: [any Service] = [], workers: [any Service] = [], readiness: [ReadinessCheck] = []
  ) {
    self.router = router
    self.services = services
    self.workers = workers
    self.readiness = readiness
  }
}
