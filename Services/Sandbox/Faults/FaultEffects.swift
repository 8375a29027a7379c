import FoundationEssentials
import HTTPTypes
import Hummingbird
import Model
import NIOCore

extension Fault {
  /// The false answer of a fault that does not need the real one.
  func substitute() throws -> Response {
    switch kind {
    case .status: try errorBody(error ?? "server_error", .init(code: status ?? 500))
    case .html: html
    case .invalidGrant: try errorBody("invalid_grant", .badRequest)
    case .invalidClient: try errorBody("invalid_client", .unauthorized)
    case .tooManyRequests: try tooManyRequests
    case .emptyBody: Response(status: .ok, headers: [.contentType: "application/json"])
    case .invalidJSON: .json(Data(#"{"access_token": "cut off"#.utf8))
    case .oversize: oversize
    case .redirect: Response(status: .found, headers: [.location: location ?? "https://another-place.example/"])
    case .answer: wordForWord
    default: try errorBody(error ?? "invalid_grant", .ok)
    }
  }

  /// Spoils the endpoint's real answer.
  func spoil(_ response: Response, on channel: any Channel) async throws -> Response {
    switch kind {
    case .slow: response
    case .resetAfter: try await channel.reset()
    case .truncated: try await truncate(response, on: channel)
    case .missingField: try await response.editing { $0[field ?? "access_token"] = nil }
    case .wrongTokenType: try await response.editing { $0["token_type"] = .string("mac") }
    case .wrongIssuer: try await response.editing { $0["issuer"] = .string(Self.foreignIssuer) }
    case .formEncoded: try await response.formEncoded()
    default: try substitute()
    }
  }

  private func errorBody(_ code: String, _ status: HTTPResponse.Status) throws -> Response {
    .json(
      try WireJSON.encode(["error": code, "error_description": "Injected by the sandbox."]), status: status)
  }

  private var wordForWord: Response {
    var headers: HTTPFields = [.contentType: contentType ?? "application/json"]
    headers[.retryAfter] = retryAfter
    headers[.location] = location
    return Response(
      status: .init(code: status ?? 200), headers: headers, body: .init(byteBuffer: ByteBuffer(string: body ?? "")))
  }

  private var html: Response {
    let page = "<!doctype html><title>Bad gateway</title><h1>502 Bad gateway</h1><p>Injected by the sandbox.</p>"
    return Response(
      status: .init(code: status ?? 502), headers: [.contentType: "text/html; charset=utf-8"],
      body: .init(byteBuffer: ByteBuffer(string: page)))
  }

  private var tooManyRequests: Response {
    get throws {
      var response = try errorBody("slow_down", .tooManyRequests)
      response.headers[.retryAfter] = String(retryAfterSeconds ?? Limits.defaultRetryAfterSeconds)
      return response
    }
  }

  /// Valid JSON of the wanted size, written in pieces so that it costs the sandbox no memory.
  private var oversize: Response {
    let opening = #"{"padding":""#
    let closing = #""}"#
    let padding = max(0, (bytes ?? Limits.defaultOversizeBytes) - opening.utf8.count - closing.utf8.count)
    let piece = ByteBuffer(repeating: UInt8(ascii: "x"), count: 65_536)
    let body = ResponseBody(contentLength: opening.utf8.count + padding + closing.utf8.count) { writer in
      try await writer.write(ByteBuffer(string: opening))
      var left = padding
      while left > 0 {
        let count = min(left, piece.readableBytes)
        try await writer.write(piece.getSlice(at: 0, length: count) ?? piece)
        left -= count
      }
      try await writer.write(ByteBuffer(string: closing))
      try await writer.finish(nil)
    }
    return Response(status: .ok, headers: [.contentType: "application/json"], body: body)
  }

  /// Promises the length of the whole answer and stops half-way.
  private func truncate(_ response: Response, on channel: any Channel) async throws -> Response {
    let whole = try await response.collectedBody()
    let half = whole.getSlice(at: whole.readerIndex, length: whole.readableBytes / 2) ?? ByteBuffer()
    var response = response
    response.headers[.contentLength] = String(whole.readableBytes)
    response.body = ResponseBody(contentLength: whole.readableBytes) { writer in
      try await writer.write(half)
      // A plain close, not a reset: what was written must arrive.
      try? await channel.close()
      throw ConnectionCut()
    }
    return response
  }
}

extension Response {
  /// Everything the body would write.
  fileprivate func collectedBody() async throws -> ByteBuffer {
    let collector = BodyCollector()
    try await body.write(collector)
    return collector.buffer
  }

  /// The same answer with a changed JSON object. An answer that is no object stays as it is.
  fileprivate func editing(_ edit: (inout [String: JSONValue]) -> Void) async throws -> Response {
    let buffer = try await collectedBody()
    guard var object = try? WireJSON.decode([String: JSONValue].self, from: Data(buffer.readableBytesView)) else {
      return Response(status: status, headers: headers, body: .init(byteBuffer: buffer))
    }
    edit(&object)
    return .json(try WireJSON.encode(object), status: status)
  }

  fileprivate func formEncoded() async throws -> Response {
    let buffer = try await collectedBody()
    let object = try WireJSON.decode([String: JSONValue].self, from: Data(buffer.readableBytesView))
    let text = FormFields.encode(object.sorted { $0.key < $1.key }.map { ($0.key, $0.value.text ?? "") })
    return Response(
      status: status, headers: [.contentType: "application/x-www-form-urlencoded", .cacheControl: "no-store"],
      body: .init(byteBuffer: ByteBuffer(string: text)))
  }
}

/// Keeps what a body writes. A class, because the body consumes its writer.
private final class BodyCollector: ResponseBodyWriter {
  private(set) var buffer = ByteBuffer()

  func write(_ part: ByteBuffer) async throws { buffer.writeImmutableBuffer(part) }

  func finish(_ trailingHeaders: HTTPFields?) async throws {}
}
