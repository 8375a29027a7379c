/// Changes to single members of a message, to be made in its text.
///
/// An object that is missing is made where that has a meaning: `params` of a message with a method, and `_meta`. A result
/// is never made up. Where an object is replaced or taken away as a whole, edits of its members have no effect.
public struct MessageEdits: Sendable {
  enum Change: Sendable {
    case set(JSONText)
    case setIfAbsent(JSONText)
    case remove
  }

  struct Edit: Sendable {
    let scope: MessageScope
    let name: String
    var change: Change
  }

  private(set) var edits: [Edit] = []

  public init() {}

  public var isEmpty: Bool { edits.isEmpty }

  /// Gives a member this value, whether it is there or not.
  public mutating func set(_ name: String, _ value: JSONText, in scope: MessageScope = .message) {
    put(name, .set(value), in: scope)
  }

  /// Adds a member unless it is there.
  public mutating func setIfAbsent(_ name: String, _ value: JSONText, in scope: MessageScope = .message) {
    put(name, .setIfAbsent(value), in: scope)
  }

  /// Takes a member away.
  public mutating func remove(_ name: String, in scope: MessageScope = .message) { put(name, .remove, in: scope) }

  /// The last change of a member counts.
  private mutating func put(_ name: String, _ change: Change, in scope: MessageScope) {
    if let index = index(of: Array(name.utf8), in: scope) {
      edits[index].change = change
    } else {
      edits.append(Edit(scope: scope, name: name, change: change))
    }
  }

  /// The place of the edit of a member, if there is one.
  func index(of name: [UInt8], in scope: MessageScope) -> Int? {
    edits.firstIndex { $0.scope == scope && $0.name.utf8.elementsEqual(name) }
  }

  /// Whether anything would be added to this object, or to one inside it that may be made.
  func adds(to scope: MessageScope) -> Bool {
    let addsHere = edits.contains { edit in
      guard edit.scope == scope else { return false }
      if case .remove = edit.change { return false }
      return true
    }
    return addsHere || MessageScope.allCases.contains { $0.place?.parent == scope && !isAbout($0) && adds(to: $0) }
  }

  /// Whether an edit is about this object as a whole.
  func isAbout(_ scope: MessageScope) -> Bool {
    scope.place.map { index(of: Array($0.name.utf8), in: $0.parent) != nil } ?? false
  }
}
