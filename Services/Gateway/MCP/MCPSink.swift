import MCP

/// Where an answer goes: as events, or as the one message that a client without streams takes.
struct MCPSink: Sendable {
  let form: MCPStream.Form
  private let send: @Sendable ([UInt8]) async -> Void

  init(_ form: MCPStream.Form, _ send: @escaping @Sendable ([UInt8]) async -> Void) {
    self.form = form
    self.send = send
  }

  /// A whole message. A client without streams hears the answer only.
  func message(_ bytes: [UInt8], isAnswer: Bool) async {
    switch form {
    case .events: await send(EventWriter.event(bytes))
    case .json: if isAnswer { await send(bytes) }
    }
  }

  /// An answer that comes in pieces; none of them has a line break.
  func beginAnswer() async { if form == .events { await send(Array("data: ".utf8)) } }
  func piece(_ bytes: [UInt8]) async { if !bytes.isEmpty { await send(bytes) } }
  func endAnswer() async { if form == .events { await send(Array("\n\n".utf8)) } }
}
