import Deadlines
import Egress
import Foundation
import HTTPTypes
import MCP
import Model
import ServiceKit

/// Carries one message to a server that an Application names, and its one answer back.
///
/// The answer is JSON of our own with the server's status in it, so that no page takes a server's refusal for ours:
/// `{"status", "sessionId"?, "message"?}`, or `{"error": {"code", "detail"}}` where there is none.
struct MCPProxy: Sendable {
  /// Bytes of an answer; it is read as a whole.
  private static let maximumAnswerBytes = 4 << 20

  let egress: EgressClient
  /// Seconds for a whole call.
  let callSeconds: Int

  /// The answer, made while the server works.
  ///
  /// - Parameters:
  ///   - tenant: whose member the caller is.
  ///   - record: of a tool call.
  func answer(
    _ message: MCPMessage, to target: ProxiedTarget, for tenant: OrganizationID, _ record: CallRecord?
  ) -> MCPStream {
    MCPStream(form: .json) { send in
      defer { record?.end() }
      let answer: JSONText
      do {
        answer = try await withDeadline(.seconds(callSeconds)) {
          try await carry(message, to: target, for: tenant, record)
        }
      } catch {
        record?.note(.failed, because: Self.reason(error))
        guard !Task.isCancelled else { throw error }
        answer = failure(error)
      }
      await send(answer.bytes)
    }
  }

  private func failure(_ error: any Error) -> JSONText {
    switch error {
    case is DeadlineExceeded: Self.failure("The MCP server did not answer within \(callSeconds) seconds.")
    case is EgressError: Self.failure(EgressError.tenantMessage)
    default: Self.failure("The MCP server gave no answer that can be used.")
    }
  }

  private static func reason(_ error: any Error) -> String {
    if Task.isCancelled { return CallEnd.cancelled }
    return error is DeadlineExceeded ? CallEnd.timeout : CallEnd.noAnswer
  }

  private func carry(
    _ message: MCPMessage, to target: ProxiedTarget, for tenant: OrganizationID, _ record: CallRecord?
  ) async throws -> JSONText {
    let request = EgressRequest(
      .post, target.url, headers: target.headers, body: Data(message.bytes),
      maximumResponseBytes: Self.maximumAnswerBytes, tenant: tenant.rawValue)
    return try await egress.stream(request) { stream in
      let response =
        MCPWire.isEventStream(stream.headers) ? try await Self.response(among: stream) : try await Self.body(stream)
      Self.note(response, stream.status.code, record)
      return .object([
        "status": JSONText(stream.status.code), "sessionId": stream.headers[.mcpSessionId].map { JSONText($0) },
        "message": try response.map { try JSONText(validating: $0.bytes) },
      ])
    }
  }

  /// The response among the events: the server may leave the stream open behind it.
  private static func response(among stream: EgressStream) async throws -> MCPMessage? {
    var parser = EventParser(maximumBytes: maximumAnswerBytes)
    for try await piece in stream {
      for event in try parser.parse(piece) {
        guard let message = try? MCPMessage(event.data), message.isResponse else { continue }
        return message
      }
    }
    return nil
  }

  /// Nothing but a message of the protocol passes: no page of some other server.
  private static func body(_ stream: EgressStream) async throws -> MCPMessage? {
    var bytes: [UInt8] = []
    for try await piece in stream { bytes += piece }
    return try? MCPMessage(bytes)
  }

  private static func note(_ response: MCPMessage?, _ status: Int, _ record: CallRecord?) {
    if let response {
      record?.note(answer: response)
    } else {
      let isRefused = status == 401 || status == 403
      record?.note(isRefused ? .refused : .failed, because: isRefused ? CallEnd.refusedByServer : CallEnd.noAnswer)
    }
  }

  private static func failure(_ detail: String) -> JSONText {
    let code = ErrorCode.providerUnavailable.rawValue
    return .object(["error": .object(["code": JSONText(code), "detail": JSONText(detail)])])
  }
}
