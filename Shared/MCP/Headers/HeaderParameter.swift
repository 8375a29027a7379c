/// A parameter of a tool that its schema wants repeated in a header, by `x-mcp-header` (revision 2026-07-28, transports).
public struct HeaderParameter: Hashable, Sendable {
  public enum Kind: String, Sendable { case string, integer, boolean }

  /// The names of the members that lead from the arguments to the value.
  public let path: [String]
  /// What the schema calls it.
  public let name: String
  public let kind: Kind

  public var headerName: String { HeaderName.parameterPrefix + name }

  /// Whole numbers beyond this are not the same number to every reader (JavaScript's safe range).
  private static let safeInteger = 9_007_199_254_740_991

  static func headers(_ parameters: [HeaderParameter], arguments: JSONNode) -> [(name: String, value: String)] {
    parameters.compactMap { parameter in
      parameter.text(in: arguments).map { (parameter.headerName, HeaderText.encode($0)) }
    }
  }

  /// The value as a header says it; nil where it is absent, null, or none that a header can say.
  func text(in arguments: JSONNode) -> String? {
    guard let node = node(in: arguments) else { return nil }
    switch node.value {
    case .string(let text): return text
    case .boolean(let value): return value ? "true" : "false"
    case .number: return Self.wholeNumber(node).map { String($0) }
    case .null, .array, .object: return nil
    }
  }

  /// Holds the header against the arguments.
  func check(_ arguments: JSONNode?, values: [String]) throws(HeaderMismatch) {
    func mismatch(_ reason: HeaderMismatch.Reason) -> HeaderMismatch {
      HeaderMismatch(header: headerName, reason: reason)
    }
    guard values.count <= 1 else { throw mismatch(.repeated) }
    let node = arguments.flatMap { self.node(in: $0) }
    var isAbsent = node == nil
    if case .null? = node?.value { isAbsent = true }
    guard !isAbsent, let arguments, let node else {
      guard values.isEmpty else { throw mismatch(.unexpected) }
      return
    }
    guard let value = values.first else { throw mismatch(.missing) }
    guard let text = HeaderText.decode(value) else { throw mismatch(.badCharacters) }
    if let number = Self.wholeNumber(node) {
      guard Self.wholeNumber(text) == number else { throw mismatch(.different) }
    } else {
      guard let body = self.text(in: arguments), body.utf8.elementsEqual(text.utf8) else { throw mismatch(.different) }
    }
  }

  private func node(in arguments: JSONNode) -> JSONNode? {
    path.reduce(Optional(arguments)) { node, name in node?[name] }
  }

  private static func wholeNumber(_ node: JSONNode) -> Int? {
    if case .number(let text) = node.value { wholeNumber(text) } else { nil }
  }

  /// Numbers are compared as numbers: `42.0` is 42.
  private static func wholeNumber(_ text: String) -> Int? {
    guard let whole = Int(text) ?? Double(text).flatMap(Int.init(exactly:)) else { return nil }
    return (-safeInteger...safeInteger).contains(whole) ? whole : nil
  }
}
