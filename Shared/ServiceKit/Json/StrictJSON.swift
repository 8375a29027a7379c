public import FoundationEssentials
import Model
import Synchronization

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
final class FieldRecord: Sendable {
  static let key: CodingUserInfoKey = {
    guard let key = CodingUserInfoKey(rawValue: "lanyard.fields") else {
      preconditionFailure("a literal that is not empty is a key")
    }
    return key
  }()

  /// One object of the document.
  final class Object: Sendable {
    let path: [any CodingKey]
    private let unasked: Mutex<Set<String>>

    init(path: [any CodingKey], fields: [String]) {
      self.path = path
      unasked = Mutex(Set(fields))
    }

    func asked(_ field: String) { unasked.withLock { _ = $0.remove(field) } }

    var unknown: [String] { unasked.withLock { Array($0) } }
  }

  /// By the name of the object's path: one object may be opened several times, for example by a type and its superset.
  private let objects = Mutex<[String: Object]>([:])

  func opened(_ path: [any CodingKey], fields: @autoclosure () -> [String]) -> Object {
    let name = Self.name(path)
    return objects.withLock { objects in
      if let known = objects[name] { return known }
      let object = Object(path: path, fields: fields())
      objects[name] = object
      return object
    }
  }

  /// The paths of all fields that nobody asked for, ordered, the first few.
  func unknown() -> [String] {
    let paths = objects.withLock { objects in
      objects.values.flatMap { object in object.unknown.map { FieldPath.text(object.path + [FieldName($0)]) } }
    }
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
