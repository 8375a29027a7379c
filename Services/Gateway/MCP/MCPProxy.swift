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
  func answer(_ message: MCPMessage, to target: ProxiedTarget) -> MCPStream {
    MCPStream(form: .json) { send in
      let answer: JSONText
      do {
        answer = try await withDeadline(.seconds(callSeconds)) { try await carry(message, to: target) }
      } catch is DeadlineExceeded {
        answer = Self.failure("The MCP server did not answer within \(callSeconds) seconds.")
      } catch is EgressError {
        answer = Self.failure(EgressError.tenantMessage)
      } catch {
        guard !Task.isCancelled else { throw error }
        answer = Self.failure("The MCP server gave no answer that can be used.")
      }
      await send(answer.bytes)
    }
  }

  private func carry(_ message: MCPMessage, to target: ProxiedTarget) async throws -> JSONText {
    let request = EgressRequest(
      .post, target.url, headers: target.headers, body: Data(message.bytes),
      maximumResponseBytes: Self.maximumAnswerBytes)
    return try await egress.stream(request) { stream in
      let answer =
        MCPWire.isEventStream(stream.headers) ? try await Self.response(among: stream) : try await Self.body(stream)
      return .object([
        "status": JSONText(stream.status.code), "sessionId": stream.headers[.mcpSessionId].map { JSONText($0) },
        "message": answer,
      ])
    }
  }

  /// The response among the events: the server may leave the stream open behind it.
  private static func response(among stream: EgressStream) async throws -> JSONText? {
    var parser = EventParser(maximumBytes: maximumAnswerBytes)
    for try await piece in stream {
      for event in try parser.parse(piece) {
        guard let message = try? MCPMessage(event.data), message.isResponse else { continue }
        return try JSONText(validating: message.bytes)
      }
    }
    return nil
  }

  /// Nothing but a message of the protocol passes: no page of some other server.
  private static func body(_ stream: EgressStream) async throws -> JSONText? {
    var bytes: [UInt8] = []
    for try await piece in stream { bytes += piece }
    guard let message = try? MCPMessage(bytes) else { return nil }
    return try JSONText(validating: message.bytes)
  }

  private static func failure(_ detail: String) -> JSONText {
    let code = ErrorCode.providerUnavailable.rawValue
    return .object(["error": .object(["code": JSONText(code), "detail": JSONText(detail)])])
  }
}
