/// Where the members of a message stand in its text.
struct MessageIndex: Sendable {
  struct Member: Sendable {
    let scope: MessageScope
    let name: String
    let kind: JSONKind
    /// The value, from its first byte to its last.
    var range: Range<Int>
  }

  private(set) var members: [Member] = []

  init(_ bytes: [UInt8], limits: JSONLimits) throws(JSONProblem) {
    try bytes.withRawBytes { (buffer) throws(JSONProblem) in try read(buffer, limits: limits) }
  }

  private mutating func read(_ input: UnsafeRawBufferPointer, limits: JSONLimits) throws(JSONProblem) {
    var walker = MessageWalker(limits: limits)
    var open: [Int] = []
    var index = 0
    members.reserveCapacity(12)
    while let event = try walker.next(input, &index) {
      switch event {
      case .opens(.message), .closes(.message): break
      case .opens(let scope):
        open.append(members.count)
        add(walker, scope.place?.parent ?? .message, .object, at: index - 1)
      case .begins(let kind):
        open.append(members.count)
        add(walker, walker.scope, kind, at: index - 1)
      case .closes, .ends:
        let member = open.removeLast()
        members[member].range = members[member].range.lowerBound..<index
      }
    }
    walker.advance(by: index)
    try walker.finish()
  }

  private mutating func add(_ walker: MessageWalker, _ scope: MessageScope, _ kind: JSONKind, at start: Int) {
    let name = String(decoding: walker.name, as: UTF8.self)
    members.append(Member(scope: scope, name: name, kind: kind, range: start..<start))
  }

  /// The member of a scope by its exact name.
  func member(_ name: String, in scope: MessageScope) -> Member? {
    members.first { $0.scope == scope && $0.name.utf8.elementsEqual(name.utf8) }
  }

  func has(_ scope: MessageScope) -> Bool {
    guard let place = scope.place else { return true }
    return member(place.name, in: place.parent) != nil
  }
}
