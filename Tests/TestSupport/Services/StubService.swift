public import FoundationEssentials
import HTTPTypes
import Hummingbird
import Logging
public import Model
import NIOCore
import ServiceLifecycle
import Synchronization

/// A stub: an HTTP server that stands in for a neighbour and gives the answers that a test scripts.
public final class StubService: Sendable {
  /// A request that the stub received.
  public struct Request: Sendable {
    public let method: String
    public let path: String
    public let query: [String: String]
    /// By lower-case name.
    public let headers: [String: String]
    public let body: Data
  }

  /// An answer of the stub.
  public struct Answer: Sendable {
    public var status: Int
    public var headers: [String: String]
    public var body: Data

    public init(status: Int = 200, headers: [String: String] = [:], body: Data = Data()) {
      self.status = status
      self.headers = headers
      self.body = body
    }

    /// A value of the wire dialect.
    public static func json(_ value: some Encodable, status: Int = 200) throws -> Answer {
      Answer(status: status, headers: ["Content-Type": "application/json"], body: try WireJSON.encode(value))
    }

    /// A problem document.
    public static func problem(_ error: ServiceError) throws -> Answer {
      Answer(
        status: error.code.status, headers: ["Content-Type": ProblemDocument.mediaType],
        body: try WireJSON.encode(ProblemDocument(error, requestId: "req_stub")))
    }
  }

  /// Where the stub answers: scheme, host and port.
  public let url: String
  private let log: RequestLog

  /// Every request so far, in order of arrival.
  public var requests: [Request] { log.requests.withLock { $0 } }

  private final class RequestLog: Sendable {
    let requests = Mutex<[Request]>([])
  }

  private init(url: String, log: RequestLog) {
    self.url = url
    self.log = log
  }

  /// Runs a stub on a free port while `body` runs.
  @discardableResult
  public static func with<Result>(
    answer: @escaping @Sendable (Request) async throws -> Answer, _ body: (StubService) async throws -> Result
  ) async throws -> Result {
    let log = RequestLog()
    let responder = CallbackResponder<BasicRequestContext> { request, _ in
      let received = Request(
        method: request.method.rawValue, path: request.uri.path,
        query: Dictionary(
          request.uri.queryParameters.map { (String($0.key), String($0.value)) },
          uniquingKeysWith: { first, _ in first }),
        headers: Dictionary(
          request.headers.map { ($0.name.rawName.lowercased(), $0.value) }, uniquingKeysWith: { "\($0), \($1)" }),
        body: Data(try await request.body.collect(upTo: 16_777_216).readableBytesView))
      log.requests.withLock { $0.append(received) }
      let answer = try await answer(received)
      var headers = HTTPFields()
      for (name, value) in answer.headers { headers[HTTPField.Name(name)!] = value }
      return Response(
        status: HTTPResponse.Status(code: answer.status), headers: headers,
        body: ResponseBody(byteBuffer: ByteBuffer(bytes: answer.body)))
    }
    let (ports, continuation) = AsyncStream<Int>.makeStream()
    let application = Application(
      responder: responder, configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: 0)),
      onServerRunning: { channel in continuation.yield(channel.localAddress?.port ?? 0) },
      logger: Logger(label: "stub") { _ in SwiftLogNoOpLogHandler() })
    let group = ServiceGroup(
      configuration: ServiceGroupConfiguration(services: [application], logger: application.logger))
    async let running: Void = {
      defer { continuation.finish() }
      try await group.run()
    }()
    var iterator = ports.makeAsyncIterator()
    guard let port = await iterator.next() else {
      try await running
      throw ServiceDidNotListen()
    }
    do {
      let result = try await body(StubService(url: "http://127.0.0.1:\(port)", log: log))
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
