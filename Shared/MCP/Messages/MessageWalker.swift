/// Walks through one message and reports the members of the objects that matter, in whatever pieces the message comes.
///
/// A member that comes twice in such an object is refused, however it is spelled: one reader would take the first, another the last.
struct MessageWalker {
  enum Event: Equatable {
    /// An object that is looked into begins.
    case opens(MessageScope)
    /// It has ended.
    case closes(MessageScope)
    /// A member's value begins; ``scope`` and ``name`` say which.
    case begins(JSONKind)
    /// It has ended.
    case ends
  }

  private(set) var scanner: JSONScanner
  private(set) var names = MemberNames()
  /// The scopes that are open, the innermost last.
  private var scopes: [MessageScope] = []

  init(limits: JSONLimits) { scanner = JSONScanner(limits: limits) }

  /// The innermost scope.
  var scope: MessageScope { scopes.last ?? .message }

  /// The name of the member at hand, with escapes resolved.
  var name: [UInt8] { scanner.name }

  mutating func next(_ input: UnsafeRawBufferPointer, _ index: inout Int) throws(JSONProblem) -> Event? {
    while let event = try scanner.next(input, &index) {
      switch event {
      case .name:
        guard names.add(scanner.name, to: scope) else { throw scanner.problem(.duplicateName, index) }
        guard names.count(in: scope) <= scanner.limits.members else { throw scanner.problem(.tooManyMembers, index) }
      case .valueBegins(let kind): return try begin(kind, index)
      case .valueEnds:
        // A value that is open below the innermost scope's own depth is one of its members.
        guard scanner.depth < scopes.count, let closed = scopes.popLast() else { return .ends }
        return .closes(closed)
      }
    }
    return nil
  }

  mutating func advance(by bytes: Int) { scanner.advance(by: bytes) }

  mutating func finish() throws(JSONProblem) { _ = try scanner.finish() }

  private mutating func begin(_ kind: JSONKind, _ index: Int) throws(JSONProblem) -> Event {
    if scopes.isEmpty {
      guard kind == .object else { throw scanner.problem(.wrongKind, index) }
      scopes.append(.message)
      return .opens(.message)
    }
    if let inner = scope.scope(of: scanner.name) {
      guard kind == .object else { throw scanner.problem(.wrongKind, index) }
      scopes.append(inner)
      return .opens(inner)
    }
    if kind == .object || kind == .array { scanner.skip() }
    return .begins(kind)
  }
}

/// The names of the members of every scope, in one piece of memory.
struct MemberNames: Sendable {
  private struct Entry {
    let scope: MessageScope
    let range: Range<Int>
  }

  private var bytes: [UInt8] = []
  private var entries: [Entry] = []

  init() {
    // As much as a modern call has, so that it grows once and not five times.
    bytes.reserveCapacity(256)
    entries.reserveCapacity(16)
  }

  /// False if the scope has a member of this name already.
  mutating func add(_ name: [UInt8], to scope: MessageScope) -> Bool {
    for entry in entries
    where entry.scope == scope && entry.range.count == name.count && bytes[entry.range].elementsEqual(name) {
      return false
    }
    entries.append(Entry(scope: scope, range: bytes.count..<bytes.count + name.count))
    bytes += name
    return true
  }

  func count(in scope: MessageScope) -> Int { entries.count { $0.scope == scope } }
}
