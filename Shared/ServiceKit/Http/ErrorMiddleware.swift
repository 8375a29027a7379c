import FoundationEssentials
import HTTPTypes
public import Hummingbird
import Logging
import Model
import NIOCore
import ServiceTokens

/// Turns every error into a problem document. Nothing else in a service renders errors.
public struct ErrorMiddleware: RouterMiddleware {
  public typealias Context = AppRequestContext
  private let routes: RouteTable

  init(routes: RouteTable) { self.routes = routes }

  public func handle(
    _ request: Request, context: AppRequestContext, next: (Request, AppRequestContext) async throws -> Response
  ) async throws -> Response {
    do {
      return try await next(request, context)
    } catch let error as any ServiceErrorConvertible {
      log(error, context)
      return ProblemResponse.make(error.serviceError, context)
    } catch let error as DecodingError {
      return ProblemResponse.make(BodyProblem(error).serviceError, context)
    } catch let error as any HTTPResponseError {
      return answer(status: error.status, request, context)
    } catch is CancellationError {
      return ProblemResponse.make(
        ServiceError(.unavailable, "The service is stopping. Try again.", retryAfter: 1), context)
    } catch {
      // The type only: an error's text carries what it was made from.
      context.logger.error("unmapped error", metadata: ["errorType": "\(type(of: error))"])
      return ProblemResponse.make(ProblemResponse.internalError, context)
    }
  }

  private func log(_ error: any ServiceErrorConvertible, _ context: AppRequestContext) {
    switch error {
    case let refused as GrantRefused:
      context.logger.warning("grant refused", metadata: ["reason": "\(refused.reason.rawValue)"])
    case let refused as ServiceTokenRefused:
      context.logger.warning("service token refused", metadata: ["reason": "\(refused.reason.rawValue)"])
    default:
      let problem = error.serviceError
      guard problem.code.status >= 500 else { return }
      context.logger.error(
        "problem",
        metadata: [
          "problem": "\(problem.code.rawValue)", "errorType": "\(type(of: error))",
          "causeType": "\(problem.cause.map { "\(type(of: $0))" } ?? "none")",
        ])
    }
  }

  /// The router's own errors carry no code and sometimes a text with a value in it: only their status is used.
  private func answer(
    status: HTTPResponse.Status, _ request: Request, _ context: AppRequestContext
  ) -> Response {
    if status == .notFound {
      let methods = routes.methods(at: request.uri.path)
      if !methods.isEmpty, !methods.contains(request.method.rawValue) {
        let allowed = methods.sorted().joined(separator: ", ")
        var response = ProblemResponse.make(ServiceError(.methodNotAllowed, "Use \(allowed) here."), context)
        response.headers[.allow] = allowed
        return response
      }
    }
    return ProblemResponse.make(ProblemResponse.error(for: Int(status.code)), context)
  }
}
