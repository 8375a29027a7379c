import AsyncHTTPClient
import Crypto
import FoundationEssentials
import Hummingbird
import Logging
import Model
import NIOCore
import NIOHTTP1
import ServiceKit
import Synchronization
import Testing

@testable import SandboxKit

/// A clock that moves only when a test says so.
final class ManualClock: Sendable {
  private let time = Mutex(Date(timeIntervalSince1970: 1_800_000_000))

  var now: Date { time.withLock { $0 } }

  func advance(seconds: Double) { time.withLock { $0 += seconds } }
}

/// One answer, read to its end.
struct Answer {
  var status: Int
  var headers: HTTPHeaders
  var body: String

  var json: [String: JSONValue] {
    (try? WireJSON.decode([String: JSONValue].self, from: Data(body.utf8))) ?? [:]
  }

  func text(_ name: String) -> String? {
    if case .string(let value) = json[name] { value } else { nil }
  }

  var location: String? { headers.first(name: "location") }

  /// A parameter of the address that the answer leads to.
  func returned(_ name: String) -> String? {
    (location?.split(separator: "?").last).flatMap { FormFields($0)[name] }
  }

  func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
    try WireJSON.decode(type, from: Data(body.utf8))
  }
}

/// The real server on a free port, with a client beside it.
struct TestSandbox: Sendable {
  static let clientID = "practice-client"
  static let clientSecret = "a secret: with & signs"
  static let adminToken = "admin-token-0123456789"
  static let redirectURI = "http://127.0.0.1:9/callback?from=sandbox"
  static let verifier = String(repeating: "v", count: 43)

  static var environment: [String: String] {
    [
      "LANYARD_SANDBOX": "enabled", "SANDBOX_PORT": "0", "SANDBOX_CLIENT_SECRET": clientSecret,
      "SANDBOX_REDIRECT_URIS": "\(redirectURI),http://127.0.0.1:9/second", "SANDBOX_ADMIN_TOKEN": adminToken,
      "SANDBOX_REFRESH_GRACE_SECONDS": "30", "SANDBOX_MCP_STATIC_TOKEN": MCPClient.staticToken,
      "SANDBOX_MCP_STATIC_HEADER": "X-Api-Key", "SANDBOX_MCP_STATIC_PREFIX": "none",
    ]
  }

  let port: Int
  let http: HTTPClient
  let provider: Provider
  let clock: ManualClock

  var base: String { "http://127.0.0.1:\(port)" }

  /// Starts a sandbox, runs the test with it and stops it.
  static func run(_ body: @Sendable (TestSandbox) async throws -> Void) async throws {
    let clock = ManualClock()
    let settings = try SandboxSettings(.sandbox(environment: environment))
    let provider = Provider(settings) { clock.now }
    let (ports, found) = AsyncStream.makeStream(of: Int.self)
    var logger = Logger(label: "sandbox-test")
    logger.logLevel = .critical
    let application = try await buildSandbox(settings, provider: provider, logger: logger) { found.yield($0) }
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        defer { found.finish() }
        try? await application.run()
      }
      let port = try #require(await ports.first { _ in true }, "the server did not start")
      var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
      configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 64
      try await HTTPClient.withHTTPClient(configuration: configuration) { http in
        try await body(TestSandbox(port: port, http: http, provider: provider, clock: clock))
      }
      group.cancelAll()
    }
  }

  func send(
    _ method: HTTPMethod, _ path: String, headers: [(String, String)] = [], body: String? = nil
  ) async throws -> Answer {
    var request = HTTPClientRequest(url: path.hasPrefix("http") ? path : base + path)
    request.method = method
    request.headers = HTTPHeaders(headers)
    if let body { request.body = .bytes(ByteBuffer(string: body)) }
    let response = try await http.execute(request, timeout: .seconds(20))
    let bytes = try await response.body.collect(upTo: 32 * 1024 * 1024)
    return Answer(status: Int(response.status.code), headers: response.headers, body: String(buffer: bytes))
  }

  func post(_ path: String, _ form: [(String, String)], headers: [(String, String)] = []) async throws -> Answer {
    try await send(
      .POST, path, headers: headers + [("content-type", "application/x-www-form-urlencoded")],
      body: FormFields.encode(form))
  }

  func get(_ path: String, token: String) async throws -> Answer {
    try await send(.GET, path, headers: [("authorization", "Bearer \(token)")])
  }

  func admin(_ method: HTTPMethod, _ path: String, _ body: String? = nil) async throws -> Answer {
    try await send(
      method, "/admin/\(path)", headers: [("authorization", "Bearer \(Self.adminToken)")], body: body)
  }

  func fault(_ body: String) async throws {
    let answer = try await admin(.POST, "faults", body)
    #expect(answer.status == 201, "\(answer.body)")
  }
}

/// The steps of a client.
extension TestSandbox {
  static let credentials = [("client_id", clientID), ("client_secret", clientSecret)]

  static func challenge(_ verifier: String) -> String {
    RandomText.base64URL(SHA256.hash(data: Data(verifier.utf8)))
  }

  /// An authorization URL; `changes` replaces parameters, and a nil removes one.
  func authorizeURL(scope: String = "openid profile email mail.read", _ changes: [String: String?] = [:]) -> String {
    var parameters: [String: String?] = [
      "response_type": "code", "client_id": Self.clientID, "redirect_uri": Self.redirectURI, "scope": scope,
      "state": "state-1", "code_challenge": Self.challenge(Self.verifier), "code_challenge_method": "S256",
    ]
    parameters.merge(changes) { $1 }
    return "\(base)/authorize?\(FormFields.encode(parameters.compactMap { name, value in value.map { (name, $0) } }))"
  }

  /// Consent without pages; returns the parameters of the way back.
  func consent(_ url: String, as person: String = "ada") async throws -> FormFields {
    let body = try WireJSON.encode(["url": url, "person": person])
    let answer = try await admin(.POST, "authorize", String(decoding: body, as: UTF8.self))
    let address = try #require(answer.text("redirectUrl"), "\(answer.body)")
    return FormFields(try #require(address.split(separator: "?", maxSplits: 1).last))
  }

  func code(scope: String = "openid profile email mail.read", as person: String = "ada") async throws -> String {
    try #require(try await consent(authorizeURL(scope: scope), as: person)["code"])
  }

  func redeem(_ code: String, verifier: String = TestSandbox.verifier) async throws -> Answer {
    try await post(
      "/token",
      Self.credentials + [
        ("grant_type", "authorization_code"), ("code", code), ("code_verifier", verifier),
        ("redirect_uri", Self.redirectURI),
      ])
  }

  func refresh(_ token: String, _ more: [(String, String)] = []) async throws -> Answer {
    try await post("/token", Self.credentials + [("grant_type", "refresh_token"), ("refresh_token", token)] + more)
  }

  /// A fresh pair of tokens.
  func tokens(
    scope: String = "openid profile email mail.read", as person: String = "ada"
  ) async throws -> (access: String, refresh: String) {
    let answer = try await redeem(try await code(scope: scope, as: person))
    return (try #require(answer.text("access_token")), try #require(answer.text("refresh_token")))
  }

  func isLive(_ token: String) async throws -> Bool {
    try await post("/introspect", Self.credentials + [("token", token)]).json["active"] == .bool(true)
  }
}
