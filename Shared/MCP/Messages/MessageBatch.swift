/// Several messages in one body. Only revision 2025-03-26 has them; the ones after it took them away.
public enum MessageBatch {
  /// Messages of one body: official clients send none at all, and what one body asks for is done one after the other.
  public static let maximumCount = 20

  /// The messages, each as it is written; nil for a body that is not an array.
  ///
  /// - Throws: `MessageProblem` for an array that is not one of messages.
  public static func messages(in bytes: [UInt8]) throws(MessageProblem) -> [MCPMessage]? {
    guard let first = bytes.first(where: { !isWhiteSpace($0) }), first == UInt8(ascii: "[") else { return nil }
    let node: JSONNode
    do {
      node = try JSONNode(bytes)
    } catch {
      throw MessageProblem(error)
    }
    let elements = node.elements ?? []
    guard (1...maximumCount).contains(elements.count) else {
      throw MessageProblem(.invalidRequest, "A batch has 1 to \(maximumCount) messages.")
    }
    var messages: [MCPMessage] = []
    for element in elements { messages.append(try MCPMessage(Array(bytes[element.range]))) }
    return messages
  }

  private static func isWhiteSpace(_ byte: UInt8) -> Bool { [0x20, 0x09, 0x0A, 0x0D].contains(byte) }
}
