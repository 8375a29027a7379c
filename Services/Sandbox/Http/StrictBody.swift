import FoundationEssentials
import Hummingbird
import Model
import ServiceKit

extension Request {
  /// Reads a JSON body of the admin endpoints. A field that nobody reads is a mistake of the caller, and is named.
  func strictBody<Body: Decodable>(_ type: Body.Type) async throws -> Body {
    let buffer = try await body.collect(upTo: Limits.requestBodyBytes)
    do {
      return try StrictJSON.decode(type, from: Data(buffer.readableBytesView))
    } catch let problem as BodyProblem {
      throw OAuthError(.invalidRequest, problem.serviceError.detail)
    }
  }
}
