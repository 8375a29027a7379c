import Crypto

extension ToolDefinition {
  /// The members that an agent is guided by. Icons and `_meta` are not among them.
  static let pinned = ["name", "title", "description", "inputSchema", "outputSchema", "annotations"]

  /// SHA-256, in hex, over the canonical form of what an agent is guided by. Another hash means: look at it again.
  public var definitionHash: String {
    let members = Self.pinned.compactMap { name in node[name].map { (name, $0) } }
    var bytes: [UInt8] = []
    CanonicalJSON.append(members, to: &bytes)
    return SHA256.hash(data: bytes).reduce(into: "") { text, byte in
      text += byte < 16 ? "0\(String(byte, radix: 16))" : String(byte, radix: 16)
    }
  }
}
