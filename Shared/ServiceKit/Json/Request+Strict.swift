public import FoundationEssentials
import HTTPTypes
public import Hummingbird
import Model
import NIOCore

extension Request {
  /// The body as a value of our wire dialect, unknown fields refused.
  ///
  /// - Throws: `unsupported_media_type` unless the body is declared as JSON, `payload_too_large` beyond the service's limit, and
  ///   ``BodyProblem`` for what is wrong inside.
  public func decodeStrictly<Value: Decodable>(
    _ type: Value.Type, _ context: AppRequestContext
  ) async throws -> Value {
    try StrictJSON.decode(type, from: try await collectJSON(context))
  }

  /// The bytes of a body that is declared as JSON; whether it is JSON is for whoever decodes it.
  ///
  /// - Throws: `unsupported_media_type`, `payload_too_large`.
  public func collectJSON(_ context: AppRequestContext) async throws -> Data {
    guard Self.isJSON(headers[.contentType]) else {
      throw ServiceError(.unsupportedMediaType, "Send the body as application/json.")
    }
    return try await collectBody(context)
  }

  /// The bytes of the body, if they are not too many.
  ///
  /// - Throws: `payload_too_large`.
  public func collectBody(_ context: AppRequestContext) async throws -> Data {
    let tooLarge = ServiceError(.payloadTooLarge, "The body may have \(context.maxUploadSize) bytes at most.")
    // A declared length is believed when it condemns the request: nothing of it needs to be read then.
    if let length = headers[.contentLength].flatMap({ Int($0) }), length > context.maxUploadSize { throw tooLarge }
    do {
      let buffer = try await body.collect(upTo: context.maxUploadSize)
      return Data(buffer.readableBytesView)
    } catch is NIOTooManyBytesError {
      throw tooLarge
    }
  }

  private static func isJSON(_ contentType: String?) -> Bool {
    guard let contentType else { return false }
    let mediaType = contentType.prefix { $0 != ";" }.lowercased().filter { !$0.isWhitespace }
    return mediaType == "application/json" || (mediaType.hasPrefix("application/") && mediaType.hasSuffix("+json"))
  }
}
