/// Results of `tools/call` that we write ourselves.
public enum ToolResult {
  /// One piece of text.
  ///
  /// - Parameter meta: more for a client that knows of it.
  public static func text(_ text: String, isError: Bool = false, meta: JSONText? = nil, in era: Era) -> JSONText {
    .object([
      "resultType": era == .modern ? JSONText(ResultType.complete.rawValue) : nil,
      "content": .array([.object(["type": "text", "text": JSONText(text)])]), "isError": isError ? true : nil,
      "_meta": meta,
    ])
  }

  /// Says that the call failed in a way that an agent can relay to the person, with the address where it can be mended.
  public static func failure(
    _ message: String, link: String? = nil, meta: JSONText? = nil, in era: Era
  ) -> JSONText {
    text(link.map { "\(message)\n\n\($0)" } ?? message, isError: true, meta: meta, in: era)
  }
}
