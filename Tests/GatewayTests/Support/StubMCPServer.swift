import Foundation
import HTTPTypes
import Hummingbird
import MCP
import NIOCore
import Synchronization

/// An MCP server of one era, on a real socket, that remembers what reached it and answers calls as a test says.
final class StubMCPServer: Sendable {
  struct Received: Sendable {
    let message: MCPMessage
    /// By lower-case name.
    let headers: [String: String]

    var method: String? { message.method }
  }

  enum Reply: Sendable {
    /// One body, of any kind.
    case body(String, status: Int = 200, type: String = "application/json", headers: [String: String] = [:])
    /// A result to this request.
    case result(String)
    /// Events while the closure runs; what it sends is the data of one. Ends early when the gateway has gone.
    case events(@Sendable (_ send: @escaping @Sendable (String) async throws -> Void) async throws -> Void)
    /// Bytes as they are, in pieces, with this type.
    case pieces(String, [String])
    /// A long page for people.
    case page(kilobytes: Int)
    /// Nothing at all, until the gateway has gone.
    case silence
  }

  struct Script: Sendable {
    var era: Era
    var tools = [StubMCPServer.tool("echo")]
    /// Whether a credential is let in; nil is yes, else the answer.
    var admit: @Sendable (Received) -> Reply? = { _ in nil }
    var call: @Sendable (Received) async throws -> Reply = { received in
      let type = received.message.protocolVersion == nil ? "" : #""resultType":"complete","#
      return .result(#"{\#(type)"content":[{"type":"text","text":"hi"}]}"#)
    }
  }

  private struct State {
    var script: Script
    var received: [Received] = []
    var sessions: Set<String> = []
    var begun = 0
  }

  private let port = Atomic(0)
  /// As the egress settings name it.
  var host: String { "127.0.0.1:\(port.load(ordering: .relaxed))" }
  var url: String { "http://\(host)/mcp" }
  private let state: Mutex<State>
  private let departures: AsyncStream<Void>
  private let departed: AsyncStream<Void>.Continuation

  private init(_ script: Script) {
    state = Mutex(State(script: script))
    (departures, departed) = AsyncStream.makeStream()
  }

  var received: [Received] { state.withLock { $0.received } }
  var calls: [Received] { received.filter { $0.method == "tools/call" } }

  func change(_ body: (inout Script) -> Void) { state.withLock { body(&$0.script) } }

  /// Forgets every session, as a restart does.
  func endSessions() { state.withLock { $0.sessions = [] } }

  /// Returns when the gateway has given up a call.
  func untilGivenUp() async { for await _ in departures { return } }

  static func tool(_ name: String, schema: String = #"{"type":"object"}"#) -> String {
    #"{"name":"\#(name)","description":"The tool \#(name).","inputSchema":\#(schema)}"#
  }

  // MARK: Answering

  private func answer(_ request: Request) async throws -> Response {
    guard request.method == .post else { return Response(status: .methodNotAllowed) }
    var request = request
    let body = try await request.collectBody(upTo: 16 << 20)
    request.body = RequestBody(buffer: ByteBuffer())
    let message = try MCPMessage(Array(body.readableBytesView))
    let received = Received(
      message: message,
      headers: Dictionary(
        request.headers.map { ($0.name.rawName.lowercased(), $0.value) }, uniquingKeysWith: { "\($0), \($1)" }))
    let script = state.withLock { state in
      state.received.append(received)
      return state.script
    }
    if let refusal = script.admit(received) { return response(refusal, received, request) }
    let reply: Reply
    switch script.era {
    case .modern: reply = try await modern(received, script)
    case .legacy: reply = try await legacy(received, script)
    }
    return response(reply, received, request)
  }

  private func modern(_ received: Received, _ script: Script) async throws -> Reply {
    guard received.message.protocolVersion != nil else {
      return .body(Self.error(received, -32_602, "_meta is missing"), status: 400)
    }
    switch received.method {
    case "server/discover":
      return .result(
        #"{"resultType":"complete","supportedVersions":["2026-07-28"],"capabilities":{"tools":{}},"ttlMs":0,"cacheScope":"private"}"#
      )
    case "tools/list":
      return .result(
        #"{"resultType":"complete","tools":[\#(script.tools.joined(separator: ","))],"ttlMs":0,"cacheScope":"private"}"#
      )
    case "tools/call": return try await script.call(received)
    default: return .body(Self.error(received, -32_601, "unknown"), status: 404)
    }
  }

  private func legacy(_ received: Received, _ script: Script) async throws -> Reply {
    if received.method == "initialize" {
      let id = state.withLock { state in
        state.begun += 1
        state.sessions.insert("upstream-\(state.begun)")
        return "upstream-\(state.begun)"
      }
      let result =
        #"{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"stub","version":"1"}}"#
      return .body(Self.result(received, result), headers: ["Mcp-Session-Id": id])
    }
    guard let session = received.headers["mcp-session-id"] else {
      return .body(Self.error(received, -32_600, "Bad Request: Missing session ID"), status: 400)
    }
    guard state.withLock({ $0.sessions.contains(session) }) else {
      return .body(Self.error(received, -32_600, "Session not found"), status: 404)
    }
    guard received.message.isRequest else { return .body("", status: 202) }
    switch received.method {
    case "tools/list": return .result(#"{"tools":[\#(script.tools.joined(separator: ","))]}"#)
    case "tools/call": return try await script.call(received)
    default: return .body(Self.error(received, -32_601, "unknown"))
    }
  }

  static func result(_ received: Received, _ result: String) -> String {
    #"{"jsonrpc":"2.0","id":\#(received.message.id?.text.text ?? "null"),"result":\#(result)}"#
  }

  static func error(_ received: Received, _ code: Int, _ message: String, data: String? = nil) -> String {
    let more = data.map { #","data":\#($0)"# } ?? ""
    return
      #"{"jsonrpc":"2.0","id":\#(received.message.id?.text.text ?? "null"),"error":{"code":\#(code),"message":"\#(message)"\#(more)}}"#
  }

  private func response(_ reply: Reply, _ received: Received, _ request: Request) -> Response {
    switch reply {
    case .body(let text, let status, let type, let headers):
      var fields: HTTPFields = [.contentType: type]
      for (name, value) in headers { fields[HTTPField.Name(name)!] = value }
      return Response(
        status: .init(code: status), headers: fields, body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    case .result(let result):
      return response(.body(Self.result(received, result)), received, request)
    case .events(let make):
      return stream("text/event-stream", request) { write in
        try await make { try await write("event: message\ndata: \($0)\n\n") }
      }
    case .pieces(let type, let pieces):
      return stream(type, request) { write in
        for piece in pieces { try await write(piece) }
      }
    case .page(let kilobytes):
      let line = String(repeating: "<p>", count: 341) + "\n"
      return response(.pieces("text/html", Array(repeating: line, count: kilobytes)), received, request)
    case .silence:
      return stream("text/event-stream", request) { write in
        try await write(": here\n\n")
        try await Task.sleep(for: .seconds(3_600))
      }
    }
  }

  private func stream(
    _ type: String, _ request: Request,
    _ make: @escaping @Sendable (_ write: @escaping @Sendable (String) async throws -> Void) async throws -> Void
  ) -> Response {
    Response(
      status: .ok, headers: [.contentType: type],
      body: ResponseBody { [departed] writer in
        let (pieces, continuation) = AsyncStream<String>.makeStream()
        try await withThrowingTaskGroup(of: Void.self) { group in
          group.addTask {
            defer { continuation.finish() }
            do {
              try await request.body.consumeWithCancellationOnInboundClose { _ in
                try await make { continuation.yield($0) }
              }
            } catch is CancellationError {
              departed.yield()
            }
          }
          for await piece in pieces { try await writer.write(ByteBuffer(string: piece)) }
          try await group.waitForAll()
        }
        try await writer.finish(nil)
      })
  }

  // MARK: Running

  static func with<Result>(
    _ era: Era, _ body: (StubMCPServer) async throws -> Result
  ) async throws -> Result {
    let stub = StubMCPServer(Script(era: era))
    let answer: @Sendable (Request) async throws -> Response = { try await stub.answer($0) }
    return try await withStubServer(answer) { port in
      stub.port.store(port, ordering: .relaxed)
      return try await body(stub)
    }
  }
}
