import HTTPTypes
import Hummingbird
import MCP

/// Why a request is not answered at all.
enum MCPRefusal: Error, Sendable {
  /// 401, with a way to get in.
  case unauthorized(BearerChallenge)
  /// 403, with the scopes that would do.
  case forbidden(BearerChallenge)
  /// 403: a page of somewhere else sent it.
  case foreignOrigin
  /// 404: the session is over. A client begins a new one (revision 2025-11-25, transports).
  case noSession
  /// 406: the client must take an object and a stream (revision 2026-07-28, transports).
  case notAcceptable
  /// 415
  case notJSON
  /// A JSON-RPC error, with the status of its era.
  case rpc(RPCError, id: MessageIdentifier?, era: Era)

  func response() -> Response {
    switch self {
    case .unauthorized(let challenge): challenged(.unauthorized, challenge)
    case .forbidden(let challenge): challenged(.forbidden, challenge)
    case .foreignOrigin: plain(.forbidden, RPCError(.invalidRequest, "Pages of this origin may not call."))
    case .noSession: plain(.notFound, RPCError(.sessionNotFound, "The session is unknown or over."))
    case .notAcceptable:
      plain(
        .notAcceptable, RPCError(.invalidRequest, "Accept must name application/json and text/event-stream."))
    case .notJSON: plain(.unsupportedMediaType, RPCError(.invalidRequest, "Content-Type must be application/json."))
    case .rpc(let error, let id, let era):
      .mcp(error.response(to: id, era: era), status: HTTPResponse.Status(code: error.status(in: era)))
    }
  }

  private func challenged(_ status: HTTPResponse.Status, _ challenge: BearerChallenge) -> Response {
    var response = plain(status, RPCError(.invalidRequest, challenge.errorDescription ?? "A token is needed."))
    response.headers[.wwwAuthenticate] = challenge.headerValue
    return response
  }

  private func plain(_ status: HTTPResponse.Status, _ error: RPCError) -> Response {
    .mcp(error.response(to: nil), status: status)
  }
}
