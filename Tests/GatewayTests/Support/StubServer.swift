import Hummingbird
import Logging
import NIOCore
import ServiceLifecycle

/// Runs a server on a free port of this machine while `body`, which is given the port, runs.
func withStubServer<Result>(
  _ answer: @escaping @Sendable (Request) async throws -> Response, _ body: (Int) async throws -> Result
) async throws -> Result {
  let (ports, continuation) = AsyncStream<Int>.makeStream()
  let application = Application(
    responder: CallbackResponder<BasicRequestContext> { request, _ in try await answer(request) },
    configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: 0)),
    onServerRunning: { channel in continuation.yield(channel.localAddress?.port ?? 0) },
    logger: Logger(label: "stub") { _ in SwiftLogNoOpLogHandler() })
  let group = ServiceGroup(
    configuration: ServiceGroupConfiguration(services: [application], logger: application.logger))
  async let running: Void = group.run()
  var iterator = ports.makeAsyncIterator()
  let port = await iterator.next() ?? 0
  do {
    let result = try await body(port)
    await group.triggerGracefulShutdown()
    try await running
    return result
  } catch {
    await group.triggerGracefulShutdown()
    try? await running
    throw error
  }
}
