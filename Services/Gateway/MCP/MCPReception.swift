import Egress
import HTTPTypes
import MCP

/// Judges a server's answer to a call by its head, and passes on what is meant for the client.
struct MCPReception {
  /// Bytes of an answer that may say that a request of this era is not understood.
  private static let maximumRefusalBytes = 64 << 10

  var relay: MCPRelay
  let era: Era
  let hasSession: Bool
  /// Whether the server may be asked again which era it speaks; else its refusal is the answer.
  let mayLookAgain: Bool

  mutating func receive(_ stream: EgressStream) async throws -> MCPUpstreamOutcome {
    switch stream.status.code {
    case 401, 403: return MCPUpstreamOutcome(refused: stream.status.code, stream.headers)
    case 404 where hasSession: return .sessionLost
    case 200..<300 where MCPWire.isEventStream(stream.headers): try await relay.relayEvents(stream)
    case 400, 404, 405, 406, 410:
      if try await isOtherEra(stream) { return .otherEra }
    // Errors of the protocol come with statuses of their own.
    default: try await relay.relayMessage(stream)
    }
    guard relay.hasAnswered else { throw MCPEras.Failure.unreachable }
    if let forms = relay.formsAsked { return .formsAsked(forms) }
    return .answered
  }

  /// A refusal that a server of this era would not give for its reason; anything else goes to the client.
  private mutating func isOtherEra(_ stream: EgressStream) async throws -> Bool {
    var bytes: [UInt8] = []
    for try await piece in stream {
      bytes += piece
      guard bytes.count <= Self.maximumRefusalBytes else { throw MCPEras.Failure.unreachable }
    }
    let code = (try? MCPMessage(bytes))?.errorCode.map { RPCErrorCode(rawValue: $0) }
    if mayLookAgain {
      switch (era, code) {
      case (_, nil), (_, .unsupportedProtocolVersion?), (.legacy, _),
        (.modern, .invalidRequest?), (.modern, .sessionNotFound?):
        return true
      default: break
      }
    }
    try await relay.relayMessage(bytes)
    return false
  }
}

extension MCPUpstreamOutcome {
  /// What a refusal of the credential means (RFC 6750 section 3.1).
  init(refused status: Int, _ headers: HTTPFields) {
    let challenge = BearerChallenge(headers: headers[values: .wwwAuthenticate])
    switch (status, challenge?.error) {
    case (401, _): self = .unauthorized
    case (_, BearerChallenge.insufficientScope?): self = .insufficientScope(challenge?.scopes ?? [])
    // Some servers answer a token that has ended with 403.
    case (_, BearerChallenge.invalidToken?): self = .unauthorized
    default: self = .forbidden
    }
  }
}
