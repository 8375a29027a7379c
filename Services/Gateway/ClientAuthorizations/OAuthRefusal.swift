import HTTPTypes
import Hummingbird
import Model
import NIOCore

/// A refusal that speaks OAuth: to a program as JSON (RFC 6749 section 5.2, RFC 7591 section 3.2.2), to a client through the
/// browser as parameters (RFC 6749 section 4.1.2.1).
struct OAuthRefusal: Error, Sendable {
  enum Code: String, Sendable {
    case invalidRequest = "invalid_request"
    case invalidClient = "invalid_client"
    case invalidGrant = "invalid_grant"
    case invalidTarget = "invalid_target"
    case invalidRedirectURI = "invalid_redirect_uri"
    case invalidClientMetadata = "invalid_client_metadata"
    case unsupportedGrantType = "unsupported_grant_type"
    case unsupportedResponseType = "unsupported_response_type"
    case requestNotSupported = "request_not_supported"
    case requestURINotSupported = "request_uri_not_supported"
    case accessDenied = "access_denied"
    case temporarilyUnavailable = "temporarily_unavailable"
  }

  var code: Code
  /// Printable ASCII without quotes and backslashes (RFC 6749 section 5.2).
  var description: String
  /// Seconds.
  var retryAfter: Int?

  init(_ code: Code, _ description: String, retryAfter: Int? = nil) {
    self.code = code
    self.description = description
    self.retryAfter = retryAfter
  }

  private struct Document: Encodable {
    var error: String
    var description: String

    enum CodingKeys: String, CodingKey {
      case error
      case description = "error_description"
    }
  }

  /// The answer to a program.
  func response() throws -> Response {
    let body = try WireJSON.encode(Document(error: code.rawValue, description: description))
    var response = Response(
      status: status, headers: Self.headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: body)))
    if code == .invalidClient { response.headers[.wwwAuthenticate] = "Basic realm=\"Lanyard\"" }
    if let retryAfter { response.headers[.retryAfter] = String(retryAfter) }
    return response
  }

  private var status: HTTPResponse.Status {
    switch code {
    case .invalidClient: .unauthorized
    case .accessDenied: .forbidden
    case .temporarilyUnavailable: retryAfter == nil ? .serviceUnavailable : .tooManyRequests
    default: .badRequest
    }
  }

  /// RFC 6749 section 5.1: nobody keeps an answer that may hold a token.
  static let headers: HTTPFields = {
    var headers: HTTPFields = [.contentType: "application/json", .cacheControl: "no-store"]
    headers[.pragma] = "no-cache"
    return headers
  }()
}

extension HTTPField.Name {
  fileprivate static let pragma: HTTPField.Name = {
    guard let name = HTTPField.Name("Pragma") else { preconditionFailure("not a header name") }
    return name
  }()
}
