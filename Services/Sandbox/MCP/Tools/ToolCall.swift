import MCP
import Model

/// One call of a tool, whatever era it came from.
struct ToolCall: Sendable {
  let message: MCPMessage
  let id: MessageIdentifier
  let revision: ProtocolRevision
  let caller: MCPCaller
  /// Nil in the modern era.
  let session: MCPSession?
  let capabilities: ClientCapabilities
  /// Whether the answer may be a stream.
  var mayStream = true

  var era: Era { revision.era }

  /// The arguments, decoded. Absent ones are none.
  func arguments() throws(ToolFailure) -> ToolArguments {
    guard let text = message.arguments else { return ToolArguments(members: [:]) }
    guard case .object(let members)? = try? text.decoded() else { throw ToolFailure("arguments must be an object.") }
    return ToolArguments(members: members)
  }

  /// A result of one text.
  func text(_ text: String, isError: Bool = false) -> MCPAnswer {
    .result(ToolResult.text(text, isError: isError, in: era), to: id)
  }

  /// A result with a value, as text for agents and as structure where the revision has it.
  func value(_ value: JSONValue) -> MCPAnswer {
    let text = JSONText(value)
    return .result(
      .object([
        "resultType": era == .modern ? JSONText(ResultType.complete.rawValue) : nil,
        "content": .array([.object(["type": "text", "text": JSONText(text.text)])]),
        "structuredContent": revision.hasStructuredContent ? text : nil,
      ]), to: id)
  }
}

/// What is wrong with the arguments. The agent is told, so that it can do better.
struct ToolFailure: Error, Sendable {
  let message: String

  init(_ message: String) { self.message = message }
}

/// Arguments by name.
struct ToolArguments: Sendable {
  let members: [String: JSONValue]

  func text(_ name: String) throws(ToolFailure) -> String? {
    switch members[name] {
    case nil, .null?: return nil
    case .string(let text)?: return text
    default: throw ToolFailure("\(name) must be a string.")
    }
  }

  func requiredText(_ name: String) throws(ToolFailure) -> String {
    guard let text = try text(name) else { throw ToolFailure("\(name) is missing.") }
    return text
  }

  func number(_ name: String, in range: ClosedRange<Int>, default value: Int) throws(ToolFailure) -> Int {
    switch members[name] {
    case nil, .null?: return value
    case .integer(let number)?:
      guard let number = Int(exactly: number), range.contains(number) else {
        throw ToolFailure("\(name) must be from \(range.lowerBound) to \(range.upperBound).")
      }
      return number
    default: throw ToolFailure("\(name) must be a whole number.")
    }
  }
}
