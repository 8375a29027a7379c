import HTTPTypes
import Hummingbird
import Logging
import Model
import ServiceKit

/// The endpoints that programs call directly. What goes wrong there is said in the words of OAuth.
enum OAuthEndpoint {
  typealias Handler = @Sendable (Request, AppRequestContext) async throws -> Response

  /// A handler whose errors are answered as RFC 6749 section 5.2 has it.
  static func answer(_ handler: @escaping Handler) -> Handler {
    { request, context in
      do {
        return try await handler(request, context)
      } catch let refusal as OAuthRefusal {
        return try refusal.response()
      } catch let error as any ServiceErrorConvertible {
        return try refusal(error.serviceError, context).response()
      }
    }
  }

  /// The fields of the request's form.
  ///
  /// - Throws: ``OAuthRefusal`` for anything but a form, and for one in which something comes twice.
  static func form(_ request: Request, _ context: AppRequestContext) async throws -> OAuthParameters {
    guard request.headers[.contentType]?.lowercased().hasPrefix("application/x-www-form-urlencoded") == true else {
      throw OAuthRefusal(.invalidRequest, "Send the parameters as application/x-www-form-urlencoded.")
    }
    let parameters = OAuthParameters(String(decoding: try await request.collectBody(context), as: UTF8.self))
    guard parameters.malformed.isEmpty else {
      throw OAuthRefusal(.invalidRequest, "A parameter is given twice or cannot be read.")
    }
    return parameters
  }

  private static func refusal(_ error: ServiceError, _ context: AppRequestContext) -> OAuthRefusal {
    switch error.code {
    case .rateLimited:
      return OAuthRefusal(
        .temporarilyUnavailable, "Too many attempts. Try again later.", retryAfter: error.retryAfter ?? 1)
    case _ where error.code.status >= 500:
      context.logger.error("problem", metadata: ["problem": "\(error.code.rawValue)"])
      return OAuthRefusal(.temporarilyUnavailable, "Temporarily unavailable. Try again.")
    default: return OAuthRefusal(.invalidRequest, "The request is not valid.")
    }
  }
}
