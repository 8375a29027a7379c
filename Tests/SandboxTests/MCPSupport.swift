import AsyncHTTPClient
import FoundationEssentials
import MCP
import Model
import NIOCore
import NIOHTTP1
import Testing

@testable import SandboxKit

/// A client of the MCP server, with nothing between it and the wire.
struct MCPClient: Sendable {
  static let staticToken = "static-token-0123456789"

  let sandbox: TestSandbox
  var door = MCPDoor.open
  var token: String?
  var capabilities = ClientCapabilities()
  var client = Implementation(name: "test", version: "1")

  /// What every body is sent with.
  private var headers: [(String, String)] {
    var headers = [("content-type", "application/json"), ("accept", "application/json, text/event-stream")]
    guard let token else { return headers }
    headers.append(door == .staticToken ? ("x-api-key", token) : ("authorization", "Bearer \(token)"))
    return headers
  }

  func post(_ body: [UInt8], _ more: [(String, String)] = []) async throws -> Answer {
    try await sandbox.send(
      .POST, "/\(door.path)", headers: headers + more, body: String(decoding: body, as: UTF8.self))
  }

  func post(_ body: String, _ more: [(String, String)] = []) async throws -> Answer {
    try await post(Array(body.utf8), more)
  }

  // MARK: Modern

  var envelope: ModernEnvelope { ModernEnvelope(capabilities: capabilities, client: client) }

  func body(_ method: String, _ params: [(String, JSONText?)] = [], id: Int = 1, progress: String? = nil) -> [UInt8] {
    OutgoingMessage.request(
      MessageIdentifier(id), method, params, envelope: envelope, progressToken: progress.map { MessageIdentifier($0) })
  }

  func mirrored(_ body: [UInt8]) throws -> [(String, String)] {
    try MirroredHeaders.headers(for: try MCPMessage(body)).map { ($0.name, $0.value) }
  }

  func request(_ method: String, _ params: [(String, JSONText?)] = []) async throws -> Answer {
    let body = body(method, params)
    return try await post(body, try mirrored(body))
  }

  func call(
    _ tool: String, _ arguments: JSONText = .emptyObject, _ more: [(String, JSONText?)] = [],
    headers: [(String, String)] = []
  ) async throws -> Answer {
    let body = body("tools/call", [("name", JSONText(tool)), ("arguments", arguments)] + more)
    return try await post(body, try mirrored(body) + headers)
  }

  /// One page of the tools.
  func tools(after cursor: String? = nil) async throws -> ToolPage {
    let message = try await request("tools/list", [("cursor", cursor.map { JSONText($0) })]).message
    return try #require(message.flatMap { ToolPage($0) })
  }

  /// The stream of a request, event by event.
  func stream<Value>(
    _ method: String, _ params: [(String, JSONText?)] = [], progress: String? = nil, session: String? = nil,
    _ body: (inout EventReader) async throws -> Value
  ) async throws -> Value {
    let message =
      session == nil
      ? self.body(method, params, progress: progress)
      : OutgoingMessage.request(
        MessageIdentifier(1), method, params, progressToken: progress.map { MessageIdentifier($0) })
    var request = HTTPClientRequest(url: "\(sandbox.base)/\(door.path)")
    request.method = .POST
    let more = try session.map { [("mcp-session-id", $0)] } ?? mirrored(message)
    request.headers = HTTPHeaders(headers + more)
    request.body = .bytes(ByteBuffer(bytes: message))
    let response = try await sandbox.http.execute(request, timeout: .seconds(20))
    #expect(response.status == .ok)
    #expect(response.headers.first(name: "content-type") == "text/event-stream")
    #expect(response.headers.first(name: "x-accel-buffering") == "no")
    var reader = EventReader(response.body.makeAsyncIterator())
    return try await body(&reader)
  }

  // MARK: Legacy

  func begin(_ revision: String = "2025-11-25") async throws -> String {
    let request = InitializeRequest(protocolVersion: revision, capabilities: capabilities, client: client)
    let answer = try await post(request.message(MessageIdentifier(0)))
    return try #require(answer.headers.first(name: "mcp-session-id"), "\(answer.body)")
  }

  func legacy(
    _ session: String, _ method: String, _ params: [(String, JSONText?)] = [], id: Int = 1,
    headers: [(String, String)] = []
  ) async throws -> Answer {
    try await post(
      OutgoingMessage.request(MessageIdentifier(id), method, params), [("mcp-session-id", session)] + headers)
  }

  func legacyCall(_ session: String, _ tool: String, _ arguments: JSONText = .emptyObject) async throws -> Answer {
    try await legacy(session, "tools/call", [("name", JSONText(tool)), ("arguments", arguments)])
  }
}

/// Reads the messages of a stream of events.
struct EventReader {
  private var body: HTTPClientResponse.Body.AsyncIterator
  private var parser = EventParser()
  private var waiting: [ServerSentEvent] = []

  init(_ body: HTTPClientResponse.Body.AsyncIterator) { self.body = body }

  /// The next message, or nil when the stream has ended.
  mutating func next() async throws -> MCPMessage? {
    while waiting.isEmpty {
      guard let piece = try await body.next() else { return nil }
      waiting += try parser.parse(piece.readableBytesView)
    }
    return try MCPMessage(waiting.removeFirst().data)
  }
}

extension Answer {
  var message: MCPMessage? { try? MCPMessage(Array(body.utf8)) }

  /// The first text of a tool's result.
  var toolText: String? { content?["text"]?.text }

  private var content: JSONValue? {
    guard case .array(let elements)? = result?["content"] else { return nil }
    return elements.first
  }

  var result: JSONValue? { json["result"] }

  var challenge: BearerChallenge? { BearerChallenge(headers: headers["www-authenticate"]) }
}

extension TestSandbox {
  var mcp: MCPClient { MCPClient(sandbox: self) }

  /// A client at the door that wants access tokens.
  func mcp(as person: String, scope: String = "profile mail.read") async throws -> MCPClient {
    MCPClient(sandbox: self, door: .oauth, token: try await tokens(scope: scope, as: person).access)
  }

  func mcpCounters() async throws -> MCPCounters.Snapshot {
    try await admin(.GET, "mcp/counters").decode(MCPCounters.Snapshot.self)
  }
}
