import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import ServiceLifecycle
import Synchronization

/// A stranger's website on a real socket, for what the gateway reads there.
final class StubWebsite: Sendable {
  typealias Answerer = @Sendable (Request) async throws -> Response

  private let port = Atomic(0)
  private let answerer = Mutex<Answerer?>(nil)
  private let asked = Mutex<[String]>([])

  /// As the egress settings name it.
  var host: String { "127.0.0.1:\(port.load(ordering: .relaxed))" }
  var origin: String { "http://\(host)" }
  /// The paths that were asked for.
  var paths: [String] { asked.withLock { $0 } }

  func answer(_ answerer: @escaping Answerer) { self.answerer.withLock { $0 = answerer } }

  func answer(_ text: String, status: Int = 200, type: String = "application/json", headers: HTTPFields = [:]) {
    var fields = headers
    fields[.contentType] = type
    answer { [fields] _ in
      Response(
        status: .init(code: status), headers: fields, body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }
  }

  static func with<Result>(_ body: (StubWebsite) async throws -> Result) async throws -> Result {
    let site = StubWebsite()
    let responder = CallbackResponder<BasicRequestContext> { request, _ in
      site.asked.withLock { $0.append(request.uri.path) }
      let answerer = site.answerer.withLock { $0 }
      return try await answerer?(request) ?? Response(status: .notFound)
    }
    let (ports, continuation) = AsyncStream<Int>.makeStream()
    let application = Application(
      responder: responder, configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: 0)),
      onServerRunning: { channel in continuation.yield(channel.localAddress?.port ?? 0) },
      logger: Logger(label: "stub") { _ in SwiftLogNoOpLogHandler() })
    let group = ServiceGroup(
      configuration: ServiceGroupConfiguration(services: [application], logger: application.logger))
    async let running: Void = group.run()
    var iterator = ports.makeAsyncIterator()
    site.port.store(await iterator.next() ?? 0, ordering: .relaxed)
    do {
      let result = try await body(site)
      await group.triggerGracefulShutdown()
      try await running
      return result
    } catch {
      await group.triggerGracefulShutdown()
      try? await running
      throw error
    }
  }
}
