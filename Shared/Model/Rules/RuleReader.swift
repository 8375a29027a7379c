/// Reads the JSON of rules and notes every problem with its place, instead of stopping at the first.
///
/// Each method returns nil where it has noted a problem. `null` is not taken for an absent field: a template that went
/// wrong would otherwise make a rule match everything.
struct RuleReader {
  /// A value and where it stands.
  struct Field {
    var value: JSONValue
    var place: JSONPointer
  }

  /// The members of an object and where it stands.
  struct Object {
    var members: [String: JSONValue]
    var place: JSONPointer
  }

  private(set) var problems = RuleProblems()

  mutating func report(_ place: JSONPointer, _ message: String) { problems.add(place, message) }

  /// An object without fields that nobody knows.
  mutating func object(_ field: Field, known: [String]) -> Object? {
    object(field.value, at: field.place, known: known)
  }

  mutating func object(_ value: JSONValue, at place: JSONPointer, known: [String]) -> Object? {
    guard case .object(let members) = value else {
      report(place, "must be an object")
      return nil
    }
    for name in members.keys.sorted() where !known.contains(name) {
      report(place.appending(name), "is unknown; there are \(known.joined(separator: ", "))")
    }
    return Object(members: members, place: place)
  }

  mutating func required<Value>(
    _ name: String, of object: Object, read: (inout RuleReader, Field) -> Value?
  ) -> Value? {
    if object.members[name] == nil { report(object.place.appending(name), "is missing") }
    return optional(name, of: object, read: read)
  }

  mutating func optional<Value>(
    _ name: String, of object: Object, read: (inout RuleReader, Field) -> Value?
  ) -> Value? {
    guard let value = object.members[name] else { return nil }
    return read(&self, Field(value: value, place: object.place.appending(name)))
  }

  /// The elements of an array that is not too long.
  mutating func array(_ field: Field, maximum: Int) -> [Field] {
    guard case .array(let elements) = field.value else {
      report(field.place, "must be a list")
      return []
    }
    guard elements.count <= maximum else {
      report(field.place, "must have at most \(maximum) entries")
      return []
    }
    return elements.enumerated().map { Field(value: $1, place: field.place.appending(String($0))) }
  }

  mutating func list<Entry: Hashable>(
    _ name: String, of object: Object, maximum: Int = RuleLimits.entries,
    entry: (inout RuleReader, Field) -> Entry?
  ) -> [Entry]? {
    optional(name, of: object) { $0.list($1, maximum: maximum, entry: entry) }
  }

  /// A list that is not empty, each entry once, in its order.
  mutating func list<Entry: Hashable>(
    _ field: Field, maximum: Int = RuleLimits.entries, entry: (inout RuleReader, Field) -> Entry?
  ) -> [Entry]? {
    if field.value == .array([]) {
      report(field.place, "is empty and could never match; leave it out to match everything")
      return nil
    }
    var seen: Set<Entry> = []
    return array(field, maximum: maximum).compactMap { entry(&self, $0) }.filter { seen.insert($0).inserted }
  }

  /// A text that is not empty. One that is shown to people has no control characters and is not blank.
  mutating func text(_ field: Field, maximumBytes: Int, isShown: Bool = true) -> String? {
    guard case .string(let text) = field.value, (1...maximumBytes).contains(text.utf8.count) else {
      report(field.place, "must be a text of 1 to \(maximumBytes) bytes")
      return nil
    }
    guard isShown else { return text }
    guard text.unicodeScalars.allSatisfy({ $0.properties.generalCategory != .control }) else {
      report(field.place, "must not hold control characters")
      return nil
    }
    guard text.contains(where: { !$0.isWhitespace }) else {
      report(field.place, "must not be blank")
      return nil
    }
    return text
  }

  mutating func choice<Value: RawRepresentable<String> & CaseIterable>(
    _ field: Field, of type: Value.Type
  ) -> Value? {
    guard case .string(let text) = field.value, let value = Value(rawValue: text) else {
      report(field.place, "must be one of \(Value.allCases.map(\.rawValue).joined(separator: ", "))")
      return nil
    }
    return value
  }

  mutating func identifier<Kind>(_ field: Field) -> Identifier<Kind>? {
    guard case .string(let text) = field.value, let value = Identifier<Kind>(validating: text) else {
      report(field.place, "must be an identifier that starts with \(Kind.prefix)_")
      return nil
    }
    return value
  }

  mutating func wholeNumber(_ field: Field, in range: ClosedRange<Int>) -> Int? {
    guard case .integer(let number) = field.value, let value = Int(exactly: number), range.contains(value) else {
      report(field.place, "must be a whole number from \(range.lowerBound) to \(range.upperBound)")
      return nil
    }
    return value
  }
}
