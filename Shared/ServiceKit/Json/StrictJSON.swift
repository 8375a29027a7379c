public import FoundationEssentials
import Model

/// Decoding that refuses what it does not know: a mistyped field is an error that names it, at any depth.
///
/// `Decodable` types know only the keys that they ask for. So each type is decoded through a wrapper that notes which keys were there and
/// which were asked for; the difference is unknown. Dictionaries ask for every key and therefore accept every key.
public enum StrictJSON {
  /// Decodes a value of our wire dialect.
  ///
  /// - Throws: ``BodyProblem``, or what the type's own `init(from:)` throws besides decoding errors.
  public static func decode<Value: Decodable>(_ type: Value.Type, from data: Data) throws -> Value {
    let fields = FieldRecord()
    let decoder = WireJSON.decoder()
    decoder.userInfo[FieldRecord.key] = fields
    let value: Value
    do {
      value = try decoder.decode(Strict<Value>.self, from: data).value
    } catch let error as DecodingError {
      throw BodyProblem(error)
    }
    let unknown = fields.unknown()
    guard unknown.isEmpty else { throw BodyProblem(.unknownFields(unknown)) }
    return value
  }
}

/// Which fields of each object were there, and which of them a type asked for.
// Safe: it belongs to one decoding, which is synchronous and hands it to nobody; that it is Sendable is what `userInfo` demands.
final class FieldRecord: @unchecked Sendable {
  static let key: CodingUserInfoKey = {
    guard let key = CodingUserInfoKey(rawValue: "lanyard.fields") else {
      preconditionFailure("a literal that is not empty is a key")
    }
    return key
  }()

  /// One opening of one object of the document.
  final class Object {
    /// Fields up to which searching through all of them costs less than a set. Documents of others may have any number.
    private static let searched = 16

    private let container: KeyedDecodingContainer<FieldName>
    private var few: [String] = []
    private var many: Set<String> = []

    init(_ container: KeyedDecodingContainer<FieldName>) {
      self.container = container
      let names = container.allKeys.lazy.map(\.stringValue)
      if names.count <= Self.searched { few = Array(names) } else { many = Set(names) }
    }

    var unasked: Set<String> { many.union(few) }
    var hasUnasked: Bool { !few.isEmpty || !many.isEmpty }

    /// Made when somebody needs it: nearly always nobody does.
    var path: [any CodingKey] { container.codingPath }

    func asked(_ field: String) {
      guard many.isEmpty else {
        many.remove(field)
        return
      }
      guard let index = few.firstIndex(of: field) else { return }
      few.swapAt(index, few.endIndex - 1)
      few.removeLast()
    }
  }

  private var objects: [Object] = []

  func open(_ container: KeyedDecodingContainer<FieldName>) -> Object {
    let object = Object(container)
    objects.append(object)
    return object
  }

  /// The paths of all fields that nobody asked for, ordered, the first few.
  func unknown() -> [String] {
    guard objects.contains(where: \.hasUnasked) else { return [] }
    // One object may have been opened several times, for example for a field that is read as one of two types.
    var unasked: [String: (path: [any CodingKey], fields: Set<String>)] = [:]
    for object in objects {
      let path = object.path
      let name = Self.name(path)
      let fields = unasked[name]?.fields.intersection(object.unasked) ?? object.unasked
      unasked[name] = (path, fields)
    }
    let paths = unasked.values.flatMap { path, fields in fields.map { FieldPath.text(path + [FieldName($0)]) } }
    return Array(paths.sorted().prefix(BodyProblem.maximumNamedFields))
  }

  /// Unlike the text for people, this name is unambiguous: a field's name may hold dots and brackets.
  private static func name(_ path: [any CodingKey]) -> String {
    var name = ""
    for key in path {
      if let index = key.intValue {
        name += "#\(index)"
      } else {
        name += ".\(key.stringValue.utf8.count):"
        name += key.stringValue
      }
    }
    return name
  }
}

/// A field by its name.
struct FieldName: CodingKey {
  let stringValue: String
  let intValue: Int? = nil
  init(_ name: String) { stringValue = name }
  init(stringValue: String) { self.stringValue = stringValue }
  init?(intValue: Int) { nil }
}
