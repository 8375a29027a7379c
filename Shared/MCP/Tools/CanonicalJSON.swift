/// One spelling per value, in the spirit of RFC 8785: no white space, names sorted by their UTF-16 units, strings with the
/// fewest escapes. Numbers stay as they are written, for a schema may hold some that no double can: `1` and `1.0` differ here.
enum CanonicalJSON {
  static func append(_ node: JSONNode, to bytes: inout [UInt8]) {
    switch node.value {
    case .null: bytes += Array("null".utf8)
    case .boolean(let value): bytes += JSONText(value).bytes
    case .number(let text): bytes += Array(text.utf8)
    case .string(let text): JSONString.append(text, to: &bytes)
    case .array(let elements):
      bytes.append(UInt8(ascii: "["))
      for (index, element) in elements.enumerated() {
        if index > 0 { bytes.append(UInt8(ascii: ",")) }
        append(element, to: &bytes)
      }
      bytes.append(UInt8(ascii: "]"))
    case .object(let members): append(members.map { ($0.name, $0.node) }, to: &bytes)
    }
  }

  static func append(_ members: [(String, JSONNode)], to bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "{"))
    let sorted = members.sorted { $0.0.utf16.lexicographicallyPrecedes($1.0.utf16) }
    for (index, (name, node)) in sorted.enumerated() {
      if index > 0 { bytes.append(UInt8(ascii: ",")) }
      JSONString.append(name, to: &bytes)
      bytes.append(UInt8(ascii: ":"))
      append(node, to: &bytes)
    }
    bytes.append(UInt8(ascii: "}"))
  }

  static func bytes(_ node: JSONNode) -> [UInt8] {
    var bytes: [UInt8] = []
    append(node, to: &bytes)
    return bytes
  }
}
