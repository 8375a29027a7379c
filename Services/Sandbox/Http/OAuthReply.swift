import FoundationEssentials
import HTTPTypes
import Hummingbird
import Model
import NIOCore

extension Response {
  /// A JSON answer that nobody may keep (RFC 6749 section 5.1).
  static func json(_ data: Data, status: HTTPResponse.Status = .ok) -> Response {
    Response(
      status: status, headers: [.contentType: "application/json", .cacheControl: "no-store"],
      body: .init(byteBuffer: ByteBuffer(bytes: data)))
  }

  /// An OAuth answer: `camelCase` here, `snake_case` on the wire.
  static func oauth(_ value: some Encodable, status: HTTPResponse.Status = .ok) throws -> Response {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return .json(try encoder.encode(value), status: status)
  }

  /// An answer of the admin endpoints, in the wire dialect of the other services.
  static func admin(_ value: some Encodable, status: HTTPResponse.Status = .ok) throws -> Response {
    .json(try WireJSON.encode(value), status: status)
  }

  /// An error as RFC 6749 section 5.2 writes it.
  static func refusal(_ error: OAuthError) throws -> Response {
    struct Body: Encodable {
      var error: String
      var errorDescription: String
    }
    var response = try Response.oauth(
      Body(error: error.code.rawValue, errorDescription: error.message), status: error.status)
    if let challenge = error.challenge { response.headers[.wwwAuthenticate] = challenge }
    return response
  }

  /// Sends the browser elsewhere, always by GET.
  static func seeOther(_ location: String) -> Response {
    Response(status: .seeOther, headers: [.location: location, .cacheControl: "no-store"])
  }
}
