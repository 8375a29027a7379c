import Foundation
import Model
import Yams

/// Reads a document that somebody wrote: YAML in a file that is named so, JSON in any other.
enum DocumentFile {
  private static let yamlSuffixes = [".yaml", ".yml"]

  /// - Throws: ``CommandFailure`` that says where the text stops making sense.
  static func value(_ path: String) throws -> JSONValue {
    let text = try CommandFile.text(path, isPrivate: false)
    guard yamlSuffixes.contains(where: path.lowercased().hasSuffix) else {
      guard let value = try? JSONDecoder().decode(JSONValue.self, from: Data(text.utf8)) else {
        throw CommandFailure.configuration(["\(path) is not JSON; YAML is read from files named .yaml or .yml"])
      }
      return value
    }
    do {
      guard let root = try Yams.compose(yaml: text) else {
        throw CommandFailure.configuration(["\(path) is empty"])
      }
      var reader = YAMLReader(path: path)
      return try reader.value(root)
    } catch let error as YamlError {
      throw CommandFailure.configuration(["\(path) is not YAML: \(error)"])
    }
  }
}

/// Turns YAML into what JSON can say. Plain words mean what they mean in YAML 1.2's core schema (section 10.3): `no` and `10:30` are texts.
private struct YAMLReader {
  /// Values that a document may have, counted as often as its aliases repeat them: far beyond a whole organization.
  private static let maximumValues = 1_000_000

  let path: String
  private var count = 0

  init(path: String) { self.path = path }

  mutating func value(_ node: Node) throws -> JSONValue {
    count += 1
    guard count <= Self.maximumValues else {
      throw CommandFailure.configuration(["\(path) has more than \(Self.maximumValues) values"])
    }
    switch node {
    case .scalar(let scalar): return node.tag == Tag(.str) ? .string(scalar.string) : Self.plain(scalar.string)
    case .sequence(let sequence): return .array(try sequence.map { try value($0) })
    case .mapping(let mapping): return .object(try members(mapping))
    case .alias: throw failure("an alias stands for nothing", at: node)
    }
  }

  private mutating func members(_ mapping: Node.Mapping) throws -> [String: JSONValue] {
    var members: [String: JSONValue] = [:]
    for (key, member) in mapping {
      guard let name = key.scalar?.string else { throw failure("a name must be a text", at: key) }
      members[name] = try value(member)
    }
    return members
  }

  private static func plain(_ text: String) -> JSONValue {
    switch text {
    case "", "~", "null", "Null", "NULL": return .null
    case "true", "True", "TRUE": return true
    case "false", "False", "FALSE": return false
    default:
      if let number = Int64(text) { return .integer(number) }
      // What JSON takes for a number too: not `nan`, and nothing hexadecimal.
      let isDecimal = text.utf8.allSatisfy { "0123456789+-.eE".utf8.contains($0) }
      return isDecimal ? Double(text).map(JSONValue.number) ?? .string(text) : .string(text)
    }
  }

  private func failure(_ problem: String, at node: Node) -> CommandFailure {
    CommandFailure.configuration(["\(path): \(node.mark.map { "line \($0.line): " } ?? "")\(problem)"])
  }
}
