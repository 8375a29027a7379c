/// Why a tool must be left out of the list: its schema wants headers that cannot be.
public struct HeaderParameterProblem: Error, Hashable, Sendable, CustomStringConvertible {
  public enum Reason: String, Sendable {
    case notReachable = "is not reached through properties alone"
    case notText = "is not a string"
    case notToken = "is not a header name"
    case wrongType = "is on a property that is not a string, an integer or a boolean"
    case duplicate = "names a header twice"
    case unreadable = "cannot be found, for the schema cannot be read"
    case tooMany = "is on too many properties"
  }

  public let reason: Reason

  public var description: String { "x-mcp-header \(reason.rawValue)" }
}

extension HeaderParameter {
  /// What a schema calls a header by.
  private static let annotation = "x-mcp-header"
  /// Headers of one tool. Each costs a line in every request to it.
  private static let maximum = 64
  /// Bytes of one name.
  private static let maximumNameBytes = 128

  // Keywords of JSON Schema 2020-12 whose values are schemas; in the order of how: one, a list, a map. `properties` is apart,
  // for it alone keeps a way to the root. What holds data (`default`, `enum`, …) is not entered, and `$ref` is not followed.
  private static let single: Set<String> = [
    "items", "contains", "unevaluatedItems", "additionalProperties", "propertyNames", "unevaluatedProperties", "not",
    "if", "then", "else", "contentSchema", "additionalItems",
  ]
  private static let lists: Set<String> = ["allOf", "anyOf", "oneOf", "prefixItems", "items"]
  private static let maps: Set<String> = [
    "patternProperties", "dependentSchemas", "$defs", "definitions", "dependencies",
  ]

  /// The headers that a tool's input schema asks for.
  ///
  /// - Throws: `HeaderParameterProblem` where any of them breaks a rule. The tool must then not be listed.
  public static func all(inSchema schema: JSONText) throws(HeaderParameterProblem) -> [HeaderParameter] {
    let node: JSONNode
    do {
      node = try JSONNode(schema.bytes)
    } catch {
      throw HeaderParameterProblem(reason: .unreadable)
    }
    return try all(inSchema: node)
  }

  static func all(inSchema root: JSONNode) throws(HeaderParameterProblem) -> [HeaderParameter] {
    var found: [HeaderParameter] = []
    var names: Set<String> = []
    // Schemas that wait to be looked at, each with its way from the root, or nil where there is none.
    var waiting: [(schema: JSONNode, path: [String]?)] = [(root, [])]
    while let (schema, path) = waiting.popLast() {
      guard let members = schema.members else { continue }
      for (name, value) in members {
        switch name {
        case annotation:
          let parameter = try parameter(value, on: schema, path: path)
          guard names.insert(parameter.name.lowercased()).inserted else {
            throw HeaderParameterProblem(reason: .duplicate)
          }
          guard found.count < maximum else { throw HeaderParameterProblem(reason: .tooMany) }
          found.append(parameter)
        case "properties":
          for (name, inner) in value.members ?? [] { waiting.append((inner, path.map { $0 + [name] })) }
        default:
          if single.contains(name) { waiting.append((value, nil)) }
          if lists.contains(name) { waiting += (value.elements ?? []).map { ($0, nil) } }
          if maps.contains(name) { waiting += (value.members ?? []).map { ($0.node, nil) } }
        }
      }
    }
    return found.sorted { $0.name < $1.name }
  }

  private static func parameter(
    _ value: JSONNode, on schema: JSONNode, path: [String]?
  ) throws(HeaderParameterProblem) -> HeaderParameter {
    guard let path, !path.isEmpty else { throw HeaderParameterProblem(reason: .notReachable) }
    guard let name = value.string else { throw HeaderParameterProblem(reason: .notText) }
    guard !name.isEmpty, name.utf8.count <= maximumNameBytes, name.utf8.allSatisfy({ HTTPToken.allows($0) }) else {
      throw HeaderParameterProblem(reason: .notToken)
    }
    guard let kind = schema["type"]?.string.flatMap(Kind.init(rawValue:)) else {
      throw HeaderParameterProblem(reason: .wrongType)
    }
    return HeaderParameter(path: path, name: name, kind: kind)
  }
}
