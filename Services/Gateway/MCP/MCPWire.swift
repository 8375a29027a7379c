import Egress
import Foundation
import HTTPTypes
import MCP
import Model

/// Messages to MCP servers over HTTP, through the guarded client.
struct MCPWire: Sendable {
  /// Bytes of an answer that passes through at most: a tool that sends more is broken or hostile.
  static let maximumAnswerBytes = 64 << 20
  /// Bytes of an answer that is read as a whole, unless said otherwise: lists, handshakes, errors.
  static let maximumWholeBytes = 4 << 20

  /// Seconds for a whole answer, from the first byte out to the last one in: nothing that is read as a whole is work.
  private static let wholeSeconds = 20

  let egress: EgressClient

  /// A whole answer.
  struct Answer: Sendable {
    var status: Int
    var sessionId: String?
    /// The response, found among the events where it came as a stream.
    var message: MCPMessage?
    var headers: HTTPFields
  }

  /// Sends a message and reads the whole answer.
  ///
  /// - Throws: `EgressError`; `tooLarge` for an answer of more bytes than these.
  func exchange(
    _ bytes: [UInt8], to address: MCPAddress, _ credential: MCPCredential, _ headers: [(name: String, value: String)],
    maximumBytes: Int = MCPWire.maximumWholeBytes
  ) async throws(EgressError) -> Answer {
    var request = request(bytes, to: address, credential, headers)
    request.maximumResponseBytes = maximumBytes
    request.totalTimeout = .seconds(Self.wholeSeconds)
    let response = try await egress.send(request)
    return Answer(
      status: response.status.code, sessionId: response.headers[.mcpSessionId],
      message: Self.response(in: response), headers: response.headers)
  }

  func request(
    _ bytes: [UInt8], to address: MCPAddress, _ credential: MCPCredential, _ headers: [(name: String, value: String)]
  ) -> EgressRequest {
    var fields: HTTPFields = [.contentType: "application/json", .accept: "application/json, text/event-stream"]
    for (name, value) in headers {
      if let name = HTTPField.Name(name) { fields[name] = value }
    }
    // Last, so that nothing of the caller's can stand in its place.
    if let (name, value) = credential.header { value.expose { fields[name] = $0 } }
    return EgressRequest(
      .post, address.url, headers: fields, body: Data(bytes), maximumResponseBytes: Self.maximumAnswerBytes,
      tenant: address.organizationId.rawValue)
  }

  private static func response(in response: EgressResponse) -> MCPMessage? {
    guard isEventStream(response.headers) else { return try? MCPMessage(response.body) }
    var parser = EventParser()
    let events = (try? parser.parse(response.body)) ?? []
    return events.lazy.compactMap { try? MCPMessage($0.data) }.first(where: \.isResponse)
  }

  static func isEventStream(_ headers: HTTPFields) -> Bool {
    headers[.contentType]?.lowercased().hasPrefix("text/event-stream") == true
  }
}
