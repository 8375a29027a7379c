/// Makes the changes of ``MessageEdits`` in a message that may come in pieces.
///
/// Values that nobody changes leave as they came, byte for byte; only the white space between the members of the objects
/// that are looked into is dropped. It holds nothing but the name of the member at hand, however long the message is.
public struct MessageRewriter: Sendable {
  private let edits: MessageEdits
  private var walker: MessageWalker
  /// The edits whose member was met.
  private var met: Set<Int> = []
  /// Members written so far in each open scope, the innermost last.
  private var written: [Int] = []
  /// What happens to the bytes of the value at hand.
  private var copying = Copying.nothing
  /// The scope that is left out or replaced as a whole, while it is open.
  private var dropped: MessageScope?
  private var hasMethod = false
  private var seen: Set<MessageScope> = []
  /// What the message is judged to be meanwhile, if it is to be a response.
  public private(set) var response: PassingResponse?

  private enum Copying { case nothing, value }

  /// - Parameter response: judges the message while it passes. To be looked at after each piece, before that goes on.
  public init(_ edits: MessageEdits, limits: JSONLimits = .stream, judging response: PassingResponse? = nil) {
    self.edits = edits
    self.response = response
    walker = MessageWalker(limits: limits)
  }

  /// Takes the next piece and appends what it becomes.
  public mutating func rewrite(_ piece: UnsafeRawBufferPointer, into output: inout [UInt8]) throws(JSONProblem) {
    var index = 0
    var start = 0
    while let event = try walker.next(piece, &index) {
      switch event {
      case .opens(let scope):
        response?.open(scope)
        open(scope, &output)
      case .closes(let scope):
        response?.close(scope)
        close(scope, &output)
      case .begins:
        response?.begin(walker.name, in: walker.scope)
        begin(&output)
        start = index - 1
      case .ends:
        response?.take(piece[start..<index])
        response?.end()
        if copying == .value { output += piece[start..<index] }
        copying = .nothing
      }
    }
    response?.take(piece[start..<index])
    if copying == .value { output += piece[start..<index] }
    walker.advance(by: index)
  }

  /// To be called after the last piece.
  ///
  /// - Throws: `JSONProblem` if the message had not ended.
  public mutating func finish() throws(JSONProblem) { try walker.finish() }

  private mutating func begin(_ output: inout [UInt8]) {
    guard dropped == nil else { return }
    if walker.scope == .message, walker.name.elementsEqual("method".utf8) { hasMethod = true }
    switch change(of: walker.name, in: walker.scope) {
    case .set(let value):
      appendName(walker.name, &output)
      output += value.bytes
    case .remove: break
    case .setIfAbsent, nil:
      appendName(walker.name, &output)
      copying = .value
    }
  }

  private mutating func open(_ scope: MessageScope, _ output: inout [UInt8]) {
    guard dropped == nil else { return }
    if let place = scope.place {
      switch change(of: walker.name, in: place.parent) {
      case .set(let value):
        appendName(walker.name, &output)
        output += value.bytes
        dropped = scope
        return
      case .remove:
        dropped = scope
        return
      case .setIfAbsent, nil: appendName(walker.name, &output)
      }
    }
    seen.insert(scope)
    written.append(0)
    output.append(UInt8(ascii: "{"))
  }

  private mutating func close(_ scope: MessageScope, _ output: inout [UInt8]) {
    guard dropped == nil else {
      if dropped == scope { dropped = nil }
      return
    }
    add(to: scope, &output)
    output.append(UInt8(ascii: "}"))
    written.removeLast()
  }

  /// Adds what an object lacks.
  private mutating func add(to scope: MessageScope, _ output: inout [UInt8]) {
    for (index, edit) in edits.edits.enumerated() where edit.scope == scope && !met.contains(index) {
      switch edit.change {
      case .set(let value), .setIfAbsent(let value):
        met.insert(index)
        appendName(Array(edit.name.utf8), &output)
        output += value.bytes
      case .remove: break
      }
    }
    for inner in [MessageScope.params, .requestMeta, .resultMeta]
    where inner.place?.parent == scope && !seen.contains(inner) && edits.adds(to: inner) && isWanted(inner) {
      appendName(Array((inner.place?.name ?? "").utf8), &output)
      written.append(0)
      output.append(UInt8(ascii: "{"))
      add(to: inner, &output)
      output.append(UInt8(ascii: "}"))
      written.removeLast()
    }
  }

  /// Whether an object that is missing may be made: not where an edit is about the object as a whole.
  private func isWanted(_ scope: MessageScope) -> Bool {
    !edits.isAbout(scope) && (scope != .params || hasMethod)
  }

  private mutating func change(of name: [UInt8], in scope: MessageScope) -> MessageEdits.Change? {
    guard let index = edits.index(of: name, in: scope) else { return nil }
    met.insert(index)
    return edits.edits[index].change
  }

  private mutating func appendName(_ name: [UInt8], _ output: inout [UInt8]) {
    if let last = written.indices.last {
      if written[last] > 0 { output.append(UInt8(ascii: ",")) }
      written[last] += 1
    }
    JSONString.append(String(decoding: name, as: UTF8.self), to: &output)
    output.append(UInt8(ascii: ":"))
  }
}

extension MessageRewriter {
  /// Takes the next piece and appends what it becomes.
  public mutating func rewrite(_ piece: some Sequence<UInt8>, into output: inout [UInt8]) throws(JSONProblem) {
    let bytes = Array(piece)
    try bytes.withRawBytes { (buffer) throws(JSONProblem) in try rewrite(buffer, into: &output) }
  }
}
