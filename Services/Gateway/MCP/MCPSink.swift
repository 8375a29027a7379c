import MCP
import Synchronization

/// Where an answer goes: as events, or as the one message that a client without streams takes.
final class MCPSink: Sendable {
  let form: MCPStream.Form
  private let send: @Sendable ([UInt8]) async -> Void
  private let midAnswer = Atomic(false)

  init(_ form: MCPStream.Form, _ send: @escaping @Sendable ([UInt8]) async -> Void) {
    self.form = form
    self.send = send
  }

  /// Whether an answer has begun and not ended: nothing else can be said any more, only cut off.
  var isMidAnswer: Bool { midAnswer.load(ordering: .relaxed) }

  /// A whole message. A client without streams hears the answer only.
  func message(_ bytes: [UInt8], isAnswer: Bool) async {
    switch form {
    case .events: await send(EventWriter.event(bytes))
    case .json: if isAnswer { await send(bytes) }
    }
  }

  /// An answer that comes in pieces.
  func beginAnswer() async {
    midAnswer.store(true, ordering: .relaxed)
    if form == .events { await send(Array("data: ".utf8)) }
  }

  func piece(_ bytes: [UInt8]) async {
    guard !bytes.isEmpty else { return }
    await send(form == .events ? Self.onOneLine(bytes) : bytes)
  }

  func endAnswer() async {
    if form == .events { await send(Array("\n\n".utf8)) }
    midAnswer.store(false, ordering: .relaxed)
  }

  /// A line break would end the event's line; within JSON it is white space.
  private static func onOneLine(_ bytes: [UInt8]) -> [UInt8] {
    guard bytes.contains(where: { $0 == 0x0A || $0 == 0x0D }) else { return bytes }
    return bytes.map { $0 == 0x0A || $0 == 0x0D ? 0x20 : $0 }
  }
}
