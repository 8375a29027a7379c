import MCP
import Model

/// What we say in the `_meta` of a result, for the bridge and for programs that know of it.
enum LanyardMeta {
  /// The flow by which the person connects an account, as `POST /v1/mcp-servers/{id}/connect` gives it.
  private static let flow = "lanyard/flow"
  /// The rule that refused a call before it reached the server.
  private static let refusal = "lanyard/refusal"

  /// Takes out of a server's answer what only we may say: the bridge shows a flow's page to the person and hands them over to it.
  static func removeForged(from edits: inout MessageEdits) {
    for name in [flow, refusal] { edits.remove(name, in: .resultMeta) }
  }

  static func flow(_ flow: Flow) throws -> JSONText {
    .object([Self.flow: try JSONText(validating: try WireJSON.encode(flow))])
  }

  static func refusal(by rule: String) -> JSONText { .object([refusal: .object(["rule": JSONText(rule)])]) }
}
