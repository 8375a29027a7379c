import HTTPTypes
import Hummingbird
import NIOCore
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
    let answer: Answerer = { request in
      site.asked.withLock { $0.append(request.uri.path) }
      let answerer = site.answerer.withLock { $0 }
      return try await answerer?(request) ?? Response(status: .notFound)
    }
    return try await withStubServer(answer) { port in
      site.port.store(port, ordering: .relaxed)
      return try await body(site)
    }
  }
}
