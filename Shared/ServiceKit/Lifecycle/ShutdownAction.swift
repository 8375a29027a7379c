public import ServiceLifecycle

/// Does something when the process is asked to stop, such as closing connections. Does nothing until then.
public struct ShutdownAction: Service {
  private let action: @Sendable () async -> Void

  public init(_ action: @escaping @Sendable () async -> Void) { self.action = action }

  public func run() async throws {
    try? await gracefulShutdown()
    await action()
  }
}
