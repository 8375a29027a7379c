/// A JSON value taken apart, with the place of each part in the text and numbers as they are written.
///
/// An object that has one member twice is refused: readers disagree about which of the two counts.
struct JSONNode: Sendable {
  enum Value: Sendable {
    case null
    case boolean(Bool)
    /// The text of the number.
    case number(String)
    case string(String)
    case array([JSONNode])
    /// The members in the order of the text.
    case object([(name: String, node: JSONNode)])
  }

  /// Where the value stands in the text.
  let range: Range<Int>
  let value: Value

  /// The member of an object, or nil.
  subscript(name: String) -> JSONNode? { members?.first { $0.name == name }?.node }

  var members: [(name: String, node: JSONNode)]? { if case .object(let members) = value { members } else { nil } }

  var elements: [JSONNode]? { if case .array(let elements) = value { elements } else { nil } }

  var string: String? { if case .string(let text) = value { text } else { nil } }

  var boolean: Bool? { if case .boolean(let value) = value { value } else { nil } }

  /// A number without a fraction or an exponent, within 64 bits.
  var integer: Int? { if case .number(let text) = value { Int(text) } else { nil } }
}

extension JSONNode {
  /// Takes a text apart.
  init(_ bytes: some Sequence<UInt8>, limits: JSONLimits = .message) throws(JSONProblem) {
    let bytes = Array(bytes)
    var builder = JSONNodeBuilder(limits: limits)
    self = try bytes.withRawBytes { (buffer) throws(JSONProblem) in try builder.build(buffer) }
  }
}

/// Puts a ``JSONNode`` together from what the scanner reports.
private struct JSONNodeBuilder {
  private struct Open {
    let start: Int
    let kind: JSONKind
    var elements: [JSONNode] = []
    var members: [(name: String, node: JSONNode)] = []
    var names: Set<String> = []
    var name = ""
  }

  private var scanner: JSONScanner
  private var open: [Open] = []
  private var scalarStart = 0
  private var scalarKind = JSONKind.null
  /// What has begun and not ended is the innermost; a scalar ends before anything else begins.
  private var isInScalar = false
  private var root: JSONNode?

  init(limits: JSONLimits) { scanner = JSONScanner(limits: limits) }

  mutating func build(_ input: UnsafeRawBufferPointer) throws(JSONProblem) -> JSONNode {
    var index = 0
    while let event = try scanner.next(input, &index) { try take(event, input, index) }
    scanner.advance(by: index)
    if try scanner.finish() { try take(.valueEnds, input, index) }
    guard let root else { throw JSONProblem(.incomplete, at: input.count) }
    return root
  }

  private mutating func take(
    _ event: JSONScanner.Event, _ input: UnsafeRawBufferPointer, _ index: Int
  ) throws(JSONProblem) {
    switch event {
    case .name:
      let name = String(decoding: scanner.name, as: UTF8.self)
      guard open[open.count - 1].names.insert(name).inserted else { throw JSONProblem(.duplicateName, at: index) }
      open[open.count - 1].name = name
    case .valueBegins(let kind):
      if kind == .object || kind == .array {
        open.append(Open(start: index - 1, kind: kind))
      } else {
        (scalarStart, scalarKind) = (index - 1, kind)
      }
      isInScalar = kind != .object && kind != .array
    case .valueEnds:
      if isInScalar {
        isInScalar = false
        add(JSONNode(range: scalarStart..<index, value: try scalar(input[scalarStart..<index], at: scalarStart)))
      } else {
        let closed = open.removeLast()
        let value: JSONNode.Value = closed.kind == .object ? .object(closed.members) : .array(closed.elements)
        add(JSONNode(range: closed.start..<index, value: value))
      }
    }
  }

  private mutating func add(_ node: JSONNode) {
    guard let last = open.indices.last else {
      root = node
      return
    }
    if open[last].kind == .object {
      open[last].members.append((open[last].name, node))
    } else {
      open[last].elements.append(node)
    }
  }

  private func scalar(_ text: Slice<UnsafeRawBufferPointer>, at start: Int) throws(JSONProblem) -> JSONNode.Value {
    switch scalarKind {
    case .string:
      guard let string = JSONString.decode(text.dropFirst().dropLast()) else {
        throw JSONProblem(.loneSurrogate, at: start)
      }
      return .string(string)
    case .number: return .number(String(decoding: text, as: UTF8.self))
    case .boolean: return .boolean(text.count == 4)
    default: return .null
    }
  }
}
