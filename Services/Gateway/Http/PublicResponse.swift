import FoundationEssentials
import HTTPTypes
import Hummingbird
import Model
import NIOCore

/// An answer of the public API. Never stored by anyone on the way: most are about a person, some hold a token.
struct PublicResponse: Sendable {
  let status: HTTPResponse.Status
  /// JSON; empty where nothing is to be said.
  let body: Secret<Data>
  /// Whether a repeated call may be given this very answer.
  let isRepeatable: Bool
  /// In place of the body where the answer is too long to be held: only for calls that are never repeated from memory.
  private let stream: Stream?

  private struct Stream {
    var body: ResponseBody
    var contentType: String
  }

  init(status: HTTPResponse.Status, body: Secret<Data>, isRepeatable: Bool = true) {
    self.init(status: status, body: body, isRepeatable: isRepeatable, stream: nil)
  }

  private init(status: HTTPResponse.Status, body: Secret<Data>, isRepeatable: Bool, stream: Stream?) {
    self.status = status
    self.body = body
    self.isRepeatable = isRepeatable
    self.stream = stream
  }

  /// An answer that is written while the client reads it.
  static func stream(_ body: ResponseBody, contentType: String) -> Self {
    Self(
      status: .ok, body: Secret(Data()), isRepeatable: false,
      stream: Stream(body: body, contentType: contentType))
  }

  static func ok(_ value: some Encodable) throws -> Self { try make(.ok, value) }
  static func created(_ value: some Encodable) throws -> Self { try make(.created, value) }
  static func accepted(_ value: some Encodable) throws -> Self { try make(.accepted, value) }
  static var noContent: Self { Self(status: .noContent, body: Secret(Data())) }

  /// An answer with a provider's token. Nobody but the vault keeps one: who repeats the call is held against the rules again.
  static func released(_ value: some Encodable) throws -> Self {
    Self(status: .ok, body: Secret(try WireJSON.encode(value)), isRepeatable: false)
  }

  private static func make(_ status: HTTPResponse.Status, _ value: some Encodable) throws -> Self {
    Self(status: status, body: Secret(try WireJSON.encode(value)))
  }

  /// The answer as it is sent.
  var rendered: Response {
    if let stream {
      return Response(
        status: status, headers: [.contentType: stream.contentType, .cacheControl: "no-store"], body: stream.body)
    }
    return body.expose { body in
      guard !body.isEmpty else { return Response(status: status, headers: [.cacheControl: "no-store"]) }
      return Response(
        status: status, headers: [.contentType: "application/json", .cacheControl: "no-store"],
        body: ResponseBody(byteBuffer: ByteBuffer(bytes: body)))
    }
  }
}
