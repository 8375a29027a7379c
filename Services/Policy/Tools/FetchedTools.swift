import FoundationEssentials
import MCP
import Model

/// What a server answered about its tools, read and checked.
struct FetchedTools: Sendable {
  /// By name; the first of several with one name.
  let definitions: [String: ToolRecord.Definition]
  /// Why entries are no tools. Such a tool is not in the catalogue, so nobody can approve it.
  let unusable: [String]

  /// - Throws: `invalid_request` when there is more than can be kept.
  init(_ request: StoreTools) throws {
    guard request.definitions.count <= PolicyLimits.toolCount else {
      throw MCPServerRules.invalid("definitions", "must have at most \(PolicyLimits.toolCount) entries.")
    }
    guard request.definitions.reduce(0, { $0 + $1.utf8.count }) <= PolicyLimits.catalogueBytes else {
      throw MCPServerRules.invalid("definitions", "must have at most \(PolicyLimits.catalogueBytes) bytes together.")
    }
    var definitions: [String: ToolRecord.Definition] = [:]
    var unusable: [String] = []
    for (index, text) in request.definitions.enumerated() {
      do {
        let definition = try ToolDefinition(JSONText(validating: text.utf8))
        // A name that cannot be shown cannot be approved.
        try TextRules.check(definition.name, field: "name", maximum: PolicyLimits.nameLength)
        guard definitions[definition.name] == nil else {
          unusable.append("the tool \(definition.name) is there twice")
          continue
        }
        let kept = ToolRecord.Definition(definition)
        // A number that no double can hold could be stored and never shown.
        _ = try WireJSON.encode(try kept.value())
        definitions[definition.name] = kept
      } catch let problem as ToolProblem {
        unusable.append(problem.description)
      } catch {
        unusable.append("entry \(index) cannot be read")
      }
    }
    self.definitions = definitions
    self.unusable = unusable
  }
}
