import HTTPTypes
import Hummingbird
import MCP
import NIOCore

/// What a message is answered with.
enum MCPAnswer: Sendable {
  /// 202, nothing to say.
  case accepted
  /// One message.
  case message([UInt8], status: Int = 200)
  /// One message, written piece by piece.
  case pieces(length: Int, @Sendable (inout MCPSink) async throws -> Void)
  /// Events until the work is done.
  case events(@Sendable (inout MCPSink) async throws -> Void)
  /// An answer that takes its time. In the modern era a caller who goes away ends the work.
  case later(@Sendable () async throws -> MCPAnswer)

  static func result(_ result: JSONText, to id: MessageIdentifier) -> MCPAnswer {
    .message(OutgoingMessage.response(to: id, result))
  }

  static func error(_ error: RPCError, to id: MessageIdentifier, in era: Era) -> MCPAnswer {
    .message(error.response(to: id, era: era), status: error.status(in: era))
  }
}

/// Where a piece or an event is written to. Writing waits for the reader, so nothing piles up.
struct MCPSink {
  private let writer: any ResponseBodyWriter

  init(_ writer: any ResponseBodyWriter) { self.writer = writer }

  mutating func write(_ bytes: ByteBuffer) async throws {
    var writer = writer
    try await writer.write(bytes)
  }

  mutating func write(_ bytes: [UInt8]) async throws { try await write(ByteBuffer(bytes: bytes)) }

  /// One event that carries a message.
  mutating func send(_ message: [UInt8]) async throws { try await write(EventWriter.event(message)) }

  mutating func keepAlive() async throws { try await write(EventWriter.keepAlive) }
}

extension Response {
  /// One JSON-RPC message.
  static func mcp(_ message: [UInt8], status: HTTPResponse.Status = .ok) -> Response {
    Response(
      status: status, headers: [.contentType: "application/json", .cacheControl: "no-store"],
      body: .init(byteBuffer: ByteBuffer(bytes: message)))
  }

  /// A stream of events that nothing between here and the caller may hold back.
  static func events(_ body: ResponseBody) -> Response {
    var headers: HTTPFields = [.contentType: "text/event-stream", .cacheControl: "no-store"]
    if let name = HTTPField.Name("X-Accel-Buffering") { headers[name] = "no" }
    return Response(status: .ok, headers: headers, body: body)
  }
}
