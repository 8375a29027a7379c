/// One page of `tools/list`.
public struct ToolPage: Sendable {
  public var tools: [ToolDefinition]
  public var nextCursor: String?
  public var cache: CacheHint
  /// Entries that are no tools, with the reason. A bad entry does not spoil the others.
  public var unusable: [ToolProblem] = []

  /// Tools of one page that are read.
  public static let maximumTools = 10_000

  public init(tools: [ToolDefinition], nextCursor: String? = nil, cache: CacheHint = .never) {
    self.tools = tools
    self.nextCursor = nextCursor
    self.cache = cache
  }

  /// Reads an answer; nil unless it is one to `tools/list`.
  public init?(_ message: MCPMessage) {
    guard let text = message.text("tools", in: .result), let node = try? JSONNode(text.bytes),
      let elements = node.elements, elements.count <= Self.maximumTools
    else { return nil }
    self.init(
      tools: [], nextCursor: message.string("nextCursor", in: .result), cache: CacheHint(message) ?? .never)
    for element in elements {
      do {
        tools.append(try ToolDefinition(JSONText(unchecked: Array(text.bytes[element.range]))))
      } catch {
        unusable.append(error)
      }
    }
  }

  /// The result, with the definitions as they were written.
  public func result(in era: Era) -> JSONText {
    var members: [(String, JSONText?)] = [("tools", .array(tools.map(\.text)))]
    members.append(("nextCursor", nextCursor.map { JSONText($0) }))
    if era == .modern {
      members = [("resultType", JSONText(ResultType.complete.rawValue))] + members + cache.members
    }
    return .object(members)
  }
}
