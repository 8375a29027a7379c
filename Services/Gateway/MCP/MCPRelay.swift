import Egress
import MCP
import Model

/// Passes a server's answer on while it comes in. What is small is read and translated as a whole; what is not is rewritten in pieces, so that
/// the memory it takes does not grow with it.
struct MCPRelay: Sendable {
  /// Bytes of a message that are held: every message that has to be understood is smaller.
  private static let heldBytes = 256 << 10

  private var translation: MCPTranslation
  let sink: MCPSink
  private var record: CallRecord?
  /// Hears what a server says besides: returns the request that goes on with the call, where its client had to send another one.
  let hear: @Sendable (MCPMessage) async throws -> MCPCall?

  private var held: [UInt8] = []
  private var rewriter: MessageRewriter?
  private(set) var hasAnswered = false
  /// What a modern server wants a legacy client's person to fill in before it answers.
  private(set) var formsAsked: MCPUpstreamOutcome.Forms?

  init(
    _ translation: MCPTranslation, _ sink: MCPSink, _ record: CallRecord?,
    hear: @escaping @Sendable (MCPMessage) async throws -> MCPCall?
  ) {
    self.translation = translation
    self.sink = sink
    self.record = record
    self.hear = hear
  }

  /// An answer that is one JSON text.
  mutating func relayMessage(_ stream: EgressStream) async throws {
    for try await piece in stream { try await take(piece) }
    try await endMessage()
  }

  /// An answer that was read already.
  mutating func relayMessage(_ bytes: [UInt8]) async throws {
    try await take(bytes)
    try await endMessage()
  }

  /// An answer that is a stream of events; it ends with the response.
  mutating func relayEvents(_ stream: EgressStream) async throws {
    var tokenizer = EventTokenizer()
    for try await piece in stream {
      for part in try Self.parts(piece, &tokenizer) {
        switch part {
        case .data(let bytes): try await take(bytes)
        // Within JSON a line break is white space; a blank keeps the answer on one line.
        case .lineEnd: try await take([0x20])
        case .eventEnd: try await endMessage()
        }
        if hasAnswered { return }
      }
    }
  }

  private enum Part {
    case data([UInt8])
    case lineEnd
    case eventEnd
  }

  private static func parts(_ piece: [UInt8], _ tokenizer: inout EventTokenizer) throws -> [Part] {
    try piece.withUnsafeBytes { buffer in
      var parts: [Part] = []
      var index = 0
      while let token = try tokenizer.next(buffer, &index) {
        switch token {
        case .data(let range): parts.append(.data(Array(buffer[range])))
        case .dataLineEnds: parts.append(.lineEnd)
        case .dispatch: parts.append(.eventEnd)
        case .type, .id, .retry, .comment: break
        }
      }
      return parts
    }
  }

  private mutating func take(_ bytes: [UInt8]) async throws {
    if rewriter == nil {
      held += bytes
      guard held.count > Self.heldBytes else { return }
      // Nothing but an answer is this large. It begins once it is known to begin as JSON.
      rewriter = MessageRewriter(translation.edits, judging: PassingResponse(to: translation.serverId))
      let first = try rewritten(held)
      held = []
      await sink.beginAnswer()
      await sink.piece(first)
    } else {
      await sink.piece(try rewritten(bytes))
    }
  }

  /// A piece as it goes on.
  ///
  /// - Throws: ``MCPEras/Failure`` where the message turns out not to be the answer. Then what is out is cut off, and half a message is none.
  private mutating func rewritten(_ bytes: [UInt8]) throws -> [UInt8] {
    var output: [UInt8] = []
    try rewriter?.rewrite(bytes, into: &output)
    guard rewriter?.response?.mayPass == true else { throw MCPEras.Failure.unreachable }
    return output
  }

  private mutating func endMessage() async throws {
    defer { held = [] }
    if var ended = rewriter {
      try ended.finish()
      rewriter = nil
      hasAnswered = true
      if let answer = ended.response { record?.note(answer: answer) }
      return await sink.endAnswer()
    }
    guard !held.isEmpty, let message = try? MCPMessage(held) else { return }
    guard message.isResponse || MCPTranslation.passes(message) else { return try await listen(message) }
    formsAsked = translation.formsAsked(message)
    hasAnswered = formsAsked != nil
    guard !hasAnswered, let bytes = translation.translate(message) else { return }
    hasAnswered = message.isResponse
    if hasAnswered { record?.note(answer: message) }
    await sink.message(bytes, isAnswer: hasAnswered)
  }
}

extension MCPRelay {
  private mutating func listen(_ message: MCPMessage) async throws {
    // What was held is this message: the next one may come while its answer is waited for.
    held = []
    guard let next = try await hear(message), let id = next.id else { return }
    translation = translation.continued(by: next, id)
    record = next.record
  }
}

extension CallRecord {
  /// What a server's answer says about the call.
  func note(answer: MCPMessage) {
    if let code = answer.errorCode {
      let asks = code == RPCErrorCode.urlElicitationRequired.rawValue
      note(asks ? .succeeded : .failed, because: asks ? CallEnd.inputRequired : CallEnd.serverError)
    } else if answer.isToolError {
      note(.failed, because: CallEnd.toolError)
    } else {
      note(.succeeded, because: answer.resultType == .inputRequired ? CallEnd.inputRequired : nil)
    }
  }

  /// The same of an answer that passed in pieces: it asks nobody for anything.
  func note(answer: PassingResponse) {
    if answer.errorCode != nil {
      note(.failed, because: CallEnd.serverError)
    } else if answer.isToolError {
      note(.failed, because: CallEnd.toolError)
    } else {
      note(.succeeded)
    }
  }
}
