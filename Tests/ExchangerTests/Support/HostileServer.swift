import Egress
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import Synchronization

/// An MCP server with its authorization server, all in order but for one place that names an address of our own network.
struct HostileServer: Sendable {
  let port: Int

  var origin: String { "http://127.0.0.1:\(port)" }

  /// Runs it on a free port for the time of a test.
  static func run(
    _ address: String, at place: PrivateAddressTests.Place,
    _ body: @escaping @Sendable (HostileServer) async throws -> Void
  ) async throws {
    let (ports, found) = AsyncStream.makeStream(of: Int.self)
    let bound = Mutex(0)
    let origin: @Sendable () -> String = { "http://127.0.0.1:\(bound.withLock { $0 })" }
    let application = Application(
      router: router(address, place, origin), configuration: .init(address: .hostname("127.0.0.1", port: 0)),
      onServerRunning: { channel in
        let port = channel.localAddress?.port ?? 0
        bound.withLock { $0 = port }
        found.yield(port)
        found.finish()
      }, logger: Logger(label: "hostile", factory: { _ in SwiftLogNoOpLogHandler() }))
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await application.run() }
      for await port in ports { try await body(HostileServer(port: port)) }
      group.cancelAll()
    }
  }

  private static func router(
    _ address: String, _ place: PrivateAddressTests.Place, _ origin: @escaping @Sendable () -> String
  ) -> Router<BasicRequestContext> {
    let router = Router()
    let named: @Sendable (PrivateAddressTests.Place, String) -> String = { $0 == place ? address : origin() + $1 }
    let redirected: @Sendable (PrivateAddressTests.Place, Response) -> Response = {
      $0 == place ? Response(status: .temporaryRedirect, headers: [.location: address]) : $1
    }
    router.post("mcp") { _, _ in
      let challenge = "Bearer resource_metadata=\"\(named(.challenge, "/resource"))\""
      return redirected(.redirectOfServer, Response(status: .unauthorized, headers: [.wwwAuthenticate: challenge]))
    }
    router.get("resource") { _, _ in
      let document = """
        {"resource":"\(origin())/mcp","authorization_servers":["\(named(.authorizationServers, ""))"]}
        """
      return redirected(.redirectOfResource, json(document))
    }
    router.get(".well-known/oauth-authorization-server") { _, _ in
      let document = """
        {"issuer":"\(origin())","authorization_endpoint":"\(named(.authorizationEndpoint, "/authorize"))",
        "token_endpoint":"\(named(.tokenEndpoint, "/token"))",
        "registration_endpoint":"\(named(.registrationEndpoint, "/register"))",
        "code_challenge_methods_supported":["S256"],"token_endpoint_auth_methods_supported":["none"]}
        """
      return redirected(.redirectOfMetadata, json(document))
    }
    router.post("register") { _, _ in
      redirected(.redirectOfRegistration, json(#"{"client_id":"client"}"#, status: .created))
    }
    return router
  }

  private static func json(_ text: String, status: HTTPResponse.Status = .ok) -> Response {
    Response(
      status: status, headers: [.contentType: "application/json"], body: .init(byteBuffer: ByteBuffer(string: text)))
  }
}

/// A resolver in a stranger's hands: for each name the next answer of its list, the last one for ever.
final class HostileResolver: EgressResolver {
  private let answers: Mutex<[String: [[String]]]>

  init(_ answers: [String: [[String]]]) { self.answers = Mutex(answers) }

  func addresses(of host: String) async throws -> [IPAddress] {
    answers.withLock { answers in
      guard let list = answers[host], let first = list.first else { return [] }
      if list.count > 1 { answers[host] = Array(list.dropFirst()) }
      return first.compactMap(IPAddress.init)
    }
  }
}
