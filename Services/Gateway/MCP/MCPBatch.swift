import MCP

/// Several messages in one body: each is answered for itself, one after the other, and the answers go back in one array (revision
/// 2025-03-26, transports).
struct MCPBatch: Sendable {
  /// Messages of one body: official clients send none at all, and what one body asks for is done one after the other.
  static let maximumCount = 20

  private let messages: [MCPMessage]

  /// - Throws: for a client whose revision has no batches, and for a handshake among others.
  init(_ messages: [MCPMessage], from client: MCPClient) throws(RPCError) {
    guard client.revision.allowsBatches else {
      throw RPCError(.invalidRequest, "Send one message at a time: this session's revision has no batches.")
    }
    guard messages.count <= Self.maximumCount else {
      throw RPCError(.invalidRequest, "A batch may have \(Self.maximumCount) messages.")
    }
    guard !messages.contains(where: { $0.method == "initialize" }) else {
      throw RPCError(.invalidRequest, "The handshake is never part of a batch.")
    }
    self.messages = messages
  }

  /// - Parameter answer: answers one message, a request as one JSON text.
  func answer(_ answer: @escaping @Sendable (MCPMessage) async throws -> MCPAnswer) async throws -> MCPAnswer {
    guard messages.contains(where: \.isRequest) else {
      for message in messages { _ = try await answer(message) }
      return .accepted
    }
    return .stream(
      MCPStream(form: .json) { [messages] send in
        var separator = UInt8(ascii: "[")
        for message in messages {
          let part = try await answer(message)
          if case .accepted = part { continue }
          await send([separator])
          separator = UInt8(ascii: ",")
          switch part {
          case .accepted: break
          case .message(let bytes, _, _, _): await send(bytes)
          case .stream(let stream): try await stream.make(send)
          }
        }
        await send([UInt8(ascii: "]")])
      })
  }
}
