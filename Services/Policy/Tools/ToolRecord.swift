import FoundationEssentials
import MCP
import Model

/// One tool of a stored catalogue.
struct ToolRecord: Sendable, Hashable {
  /// A definition in the server's own words, with its hash.
  struct Definition: Sendable, Hashable {
    var text: String
    var hash: String
  }

  var name: String
  /// As the server described it last.
  var definition: Definition
  /// As it was approved.
  var approved: Definition?
  /// Whether the server had it when it was looked at last.
  var isPresent: Bool
  var isBlocked: Bool
  var firstSeenAt: Date
  var changedAt: Date

  /// Derived and never stored, so that it cannot disagree with what it follows from.
  var state: MCPTool.State {
    MCPTool.State(
      isBlocked: isBlocked, isPresent: isPresent, hash: definition.hash, approvedHash: approved?.hash)
  }

  /// As owners and admins see it.
  func tool() throws -> MCPTool {
    MCPTool(
      name: name, definitionHash: definition.hash, state: state, definition: try definition.value(), diff: try diff(),
      firstSeenAt: firstSeenAt, changedAt: changedAt)
  }

  private func diff() throws -> [MCPTool.Difference] {
    guard state == .changed, let approved else { return [] }
    return ToolDifference.between(try approved.parsed(), try definition.parsed()).map {
      MCPTool.Difference(path: $0.path, before: $0.before, after: $0.after)
    }
  }
}

extension MCPTool.State {
  init(isBlocked: Bool, isPresent: Bool, hash: String, approvedHash: String?) {
    self =
      switch (isBlocked, isPresent, approvedHash) {
      case (true, _, _): .blocked
      case (false, false, _): .removed
      case (false, true, nil): .new
      case (false, true, hash?): .approved
      case (false, true, _?): .changed
      }
  }
}

/// What decisions look at of a tool.
struct CatalogueEntry: Sendable {
  var name: String
  var state: MCPTool.State
  var hash: String
  /// Only where it is wanted: definitions are most of the bytes.
  var definition: String?
}

extension ToolRecord.Definition {
  init(_ definition: ToolDefinition) {
    self.init(text: definition.text.text, hash: definition.definitionHash)
  }

  func parsed() throws -> ToolDefinition { try ToolDefinition(JSONText(validating: text.utf8)) }

  func value() throws -> JSONValue { try JSONText(validating: text.utf8).decoded() }
}
