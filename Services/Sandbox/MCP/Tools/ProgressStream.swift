import MCP
import NIOCore

/// Progress, then a result; or a result of many bytes that is written as it is read.
struct ProgressStream: Sendable {
  let counters: MCPCounters
  let catalogue: ToolCatalogue

  /// Bytes of one write of a large answer.
  private static let pieceBytes = 65_536

  func answer(_ call: ToolCall) throws -> MCPAnswer {
    let arguments = try call.arguments()
    let count = try arguments.number("count", in: 0...Limits.mcpProgressSteps, default: 0)
    let delay = try arguments.number("delayMilliseconds", in: 0...Limits.mcpStepMilliseconds, default: 0)
    let bytes = try arguments.number("bytes", in: 0...Limits.mcpContentBytes, default: 0)
    guard call.mayStream else { return call.text("done") }
    guard count > 0 else { return pieces(call, bytes) }
    return .events { sink in
      do {
        try await tellOfChanges(call, &sink)
        for step in 1...count {
          if delay > 0 { try await Task.sleep(for: .milliseconds(delay)) }
          if let token = call.message.progressToken {
            try await sink.send(OutgoingMessage.progress(token, step, of: count, message: "step \(step)"))
          }
        }
        try await sink.write(ByteBuffer(string: "data: "))
        try await write(call, bytes, &sink)
        try await sink.write(ByteBuffer(string: "\n\n"))
      } catch {
        // Whatever ended the writing, the caller is gone.
        counters.cancelled(PracticeTool.stream.rawValue)
        throw error
      }
    }
  }

  private func pieces(_ call: ToolCall, _ bytes: Int) -> MCPAnswer {
    let (head, tail) = frame(call, bytes)
    return .pieces(length: head.utf8.count + bytes + tail.utf8.count) { sink in try await write(call, bytes, &sink) }
  }

  private func write(_ call: ToolCall, _ bytes: Int, _ sink: inout MCPSink) async throws {
    let (head, tail) = frame(call, bytes)
    try await sink.write(ByteBuffer(string: head))
    let piece = ByteBuffer(repeating: UInt8(ascii: "x"), count: min(bytes, Self.pieceBytes))
    var left = bytes
    while left > 0 {
      let count = min(left, piece.readableBytes)
      try await sink.write(piece.getSlice(at: 0, length: count) ?? piece)
      left -= count
    }
    try await sink.write(ByteBuffer(string: tail))
  }

  /// What stands before and after the bytes. Without any, the text is `done`.
  private func frame(_ call: ToolCall, _ bytes: Int) -> (head: String, tail: String) {
    let type = call.era == .modern ? #""resultType":"complete","# : ""
    return (
      #"{"jsonrpc":"2.0","id":\#(call.id),"result":{\#(type)"content":[{"type":"text","text":"\#(bytes == 0 ? "done" : "")"#,
      #""}]}}"#
    )
  }

  /// A legacy client that opens no stream of its own hears on this one that the list has changed since it read it.
  private func tellOfChanges(_ call: ToolCall, _ sink: inout MCPSink) async throws {
    guard let session = call.session, session.saw(toolsVersion: catalogue.version) else { return }
    try await sink.send(OutgoingMessage.notification("notifications/tools/list_changed"))
  }
}
