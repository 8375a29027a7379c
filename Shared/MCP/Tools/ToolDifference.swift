/// One place in which two definitions of a tool differ.
public struct ToolDifference: Hashable, Sendable, Codable {
  /// The place, as a JSON pointer: `/inputSchema/properties/path/description`.
  public var path: String
  /// What stood there, as canonical JSON; nil where nothing stood. Cut where it is long.
  public var before: String?
  /// What stands there now.
  public var after: String?

  /// Differences of one pair that are told, the first by path. People read them.
  public static let maximumCount = 50
  /// Characters of one side that are told.
  public static let maximumCharacters = 2_000
  /// Characters of a path that are told.
  private static let maximumPathCharacters = 500

  /// What changed between two definitions, in what an agent is guided by. Empty if and only if the hashes are equal.
  public static func between(_ old: ToolDefinition, _ new: ToolDefinition) -> [ToolDifference] {
    var found: [ToolDifference] = []
    for name in ToolDefinition.pinned { compare(old.node[name], new.node[name], "/\(name)", &found) }
    return found
  }

  private static func compare(_ old: JSONNode?, _ new: JSONNode?, _ path: String, _ found: inout [ToolDifference]) {
    guard found.count < maximumCount else { return }
    guard let old, let new else {
      if old != nil || new != nil { found.append(difference(old, new, path)) }
      return
    }
    if let before = old.members, let after = new.members {
      let names = Set(before.map(\.name)).union(after.map(\.name))
      for name in names.sorted() { compare(old[name], new[name], "\(path)/\(escaped(name))", &found) }
    } else if let before = old.elements, let after = new.elements, before.count == after.count {
      for (index, pair) in zip(before, after).enumerated() { compare(pair.0, pair.1, "\(path)/\(index)", &found) }
    } else if CanonicalJSON.bytes(old) != CanonicalJSON.bytes(new) {
      found.append(difference(old, new, path))
    }
  }

  private static func difference(_ old: JSONNode?, _ new: JSONNode?, _ path: String) -> ToolDifference {
    ToolDifference(
      path: cut(path, to: maximumPathCharacters), before: old.map(shown), after: new.map(shown))
  }

  private static func shown(_ node: JSONNode) -> String {
    cut(String(decoding: CanonicalJSON.bytes(node), as: UTF8.self), to: maximumCharacters)
  }

  private static func cut(_ text: String, to characters: Int) -> String {
    text.count > characters ? "\(text.prefix(characters))…" : text
  }

  /// A name within a JSON pointer (RFC 6901 section 3).
  private static func escaped(_ name: String) -> String {
    String(name.flatMap { $0 == "~" ? "~0" : $0 == "/" ? "~1" : String($0) })
  }
}
