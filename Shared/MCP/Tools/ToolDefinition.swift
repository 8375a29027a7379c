/// A tool as its server describes it.
public struct ToolDefinition: Sendable {
  public let name: String
  public let title: String?
  public let description: String?
  public let inputSchema: JSONText
  public let outputSchema: JSONText?
  public let annotations: ToolAnnotations
  /// The whole definition, as it is written.
  public let text: JSONText

  let node: JSONNode

  /// Bytes of one definition. Its schema and description go into every prompt of an agent.
  public static let limits = JSONLimits(bytes: 256 * 1024, depth: 64, nameBytes: 256, members: 256)

  /// Reads one definition.
  public init(_ text: JSONText) throws(ToolProblem) {
    let node: JSONNode
    do {
      node = try JSONNode(text.bytes, limits: Self.limits)
    } catch {
      throw ToolProblem(name: nil, reason: .unreadable)
    }
    guard let name = node["name"]?.string, Self.isUsable(name) else { throw ToolProblem(name: nil, reason: .badName) }
    guard let schema = node["inputSchema"], schema["type"]?.string == "object" else {
      throw ToolProblem(name: name, reason: .badInputSchema)
    }
    if let output = node["outputSchema"], output.members == nil {
      throw ToolProblem(name: name, reason: .badOutputSchema)
    }
    self.name = name
    title = node["title"]?.string
    description = node["description"]?.string
    inputSchema = JSONText(unchecked: Array(text.bytes[schema.range]))
    outputSchema = node["outputSchema"].map { JSONText(unchecked: Array(text.bytes[$0.range])) }
    annotations = ToolAnnotations(node["annotations"])
    self.text = text
    self.node = node
  }

  /// What its schema wants repeated in headers.
  ///
  /// - Throws: `HeaderParameterProblem` where the tool must not be listed to modern clients.
  public func headerParameters() throws(HeaderParameterProblem) -> [HeaderParameter] {
    guard let schema = node["inputSchema"] else { return [] }
    return try HeaderParameter.all(inSchema: schema)
  }

  /// The same definition under another name, as a gateway lists it that joins several servers.
  public func named(_ name: String) -> JSONText {
    guard let range = node["name"]?.range else { return text }
    var bytes = text.bytes
    bytes.replaceSubrange(range, with: JSONText(name).bytes)
    return JSONText(unchecked: bytes)
  }

  /// Names are only advised to follow ``ToolName``; but none that is empty, endless or invisible can be shown or written down.
  private static func isUsable(_ name: String) -> Bool {
    !name.isEmpty && name.utf8.count <= ToolName.maximumBytes
      && name.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
  }
}

/// Why an entry of a list is no tool.
public struct ToolProblem: Error, Hashable, Sendable, CustomStringConvertible {
  public enum Reason: String, Sendable {
    case unreadable = "cannot be read"
    case badName = "has no usable name"
    case badInputSchema = "has no inputSchema of an object"
    case badOutputSchema = "has an outputSchema that is no schema"
  }

  public let name: String?
  public let reason: Reason

  public var description: String { "\(name.map { "the tool \($0)" } ?? "a tool") \(reason.rawValue)" }
}
