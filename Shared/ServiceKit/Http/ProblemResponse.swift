import FoundationEssentials
import HTTPTypes
public import Hummingbird
public import Model
import NIOCore

/// Problem documents as HTTP responses.
public enum ProblemResponse {
  /// What the caller learns of an error that nobody foresaw.
  static let internalError = ServiceError(
    .internalError, "Something went wrong on our side. The request id finds it in the logs.")

  /// The response for an error. Only the error middleware needs it, and tests.
  public static func make(_ error: ServiceError, _ context: AppRequestContext) -> Response {
    let document = ProblemDocument(error, requestId: context.requestId)
    // A document of strings and numbers always encodes; the empty body is for the compiler.
    let body = (try? WireJSON.encode(document)) ?? Data()
    var headers: HTTPFields = [
      .contentType: ProblemDocument.mediaType, .cacheControl: "no-store", .xContentTypeOptions: "nosniff",
    ]
    if let seconds = error.retryAfter { headers[.retryAfter] = String(seconds) }
    if error.code == .unauthenticated { headers[.wwwAuthenticate] = "Bearer" }
    return Response(
      status: HTTPResponse.Status(code: error.code.status), headers: headers,
      body: ResponseBody(byteBuffer: ByteBuffer(bytes: body)))
  }

  /// The error for a bare status.
  static func error(for status: Int) -> ServiceError {
    switch status {
    case 401: ServiceError(.unauthenticated, "Send a valid credential.")
    case 403: ServiceError(.forbidden, "This is not allowed.")
    case 404: ServiceError(.notFound, "There is nothing at this path.")
    case 405: ServiceError(.methodNotAllowed, "This path does not have this method.")
    case 409: ServiceError(.conflict, "The state has changed. Read it again.")
    case 413: ServiceError(.payloadTooLarge, "The body is too large.")
    case 415: ServiceError(.unsupportedMediaType, "Send the body as application/json.")
    case 429: ServiceError(.rateLimited, "Too many requests. Wait and try again.")
    case 503: ServiceError(.unavailable, "Temporarily unavailable. Try again.")
    case 400..<500: ServiceError(.invalidRequest, "The request is not valid.")
    default: internalError
    }
  }
}

extension Response {
  /// A value of our wire dialect, never to be stored on the way: an answer may hold a secret.
  public static func json(_ value: some Encodable, status: HTTPResponse.Status = .ok) throws -> Response {
    Response(
      status: status, headers: [.contentType: "application/json", .cacheControl: "no-store"],
      body: ResponseBody(byteBuffer: ByteBuffer(bytes: try WireJSON.encode(value))))
  }
}
