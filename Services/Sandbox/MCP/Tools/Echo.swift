import MCP

/// The tool that a gateway is measured with: its answer is put together from bytes of the request, and nothing else is made.
enum Echo {
  private static let head = Array(#"{"jsonrpc":"2.0","id":"#.utf8)
  private static let modern = Array(#","result":{"resultType":"complete","content":[{"type":"text","text":"#.utf8)
  private static let legacy = Array(#","result":{"content":[{"type":"text","text":"#.utf8)
  private static let tail = Array("}]}}".utf8)

  static func answer(_ call: ToolCall) throws(ToolFailure) -> MCPAnswer {
    guard let text = call.message.arguments?.member("text"), text.bytes.first == UInt8(ascii: "\"") else {
      throw ToolFailure("text must be a string.")
    }
    let middle = call.era == .modern ? modern : legacy
    var bytes: [UInt8] = []
    bytes.reserveCapacity(head.count + call.id.text.bytes.count + middle.count + text.bytes.count + tail.count)
    bytes += head
    bytes += call.id.text.bytes
    bytes += middle
    bytes += text.bytes
    bytes += tail
    return .message(bytes)
  }
}
