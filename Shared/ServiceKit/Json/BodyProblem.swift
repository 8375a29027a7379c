public import Model

/// What is wrong with a request body. Names fields, never values: a value may be a secret.
public struct BodyProblem: ServiceErrorConvertible, Equatable {
  /// The kind of problem.
  public enum Kind: Sendable, Equatable {
    case notJSON
    case unknownFields([String])
    case missingField(String)
    case wrongType(String)
    case invalidValue(String)
  }

  public let kind: Kind

  /// Unknown fields that are named at most; a body can have thousands.
  static let maximumNamedFields = 8
  /// Characters of a path that are repeated at most.
  static let maximumPathLength = 128

  public init(_ kind: Kind) { self.kind = kind }

  /// The problem behind a decoding error.
  public init(_ error: DecodingError) {
    switch error {
    case .keyNotFound(let key, let context): kind = .missingField(FieldPath.text(context.codingPath + [key]))
    case .typeMismatch(_, let context), .valueNotFound(_, let context):
      kind = .wrongType(FieldPath.text(context.codingPath))
    case .dataCorrupted(let context):
      // The parser's own errors have no path.
      kind = context.codingPath.isEmpty ? .notJSON : .invalidValue(FieldPath.text(context.codingPath))
    @unknown default: kind = .notJSON
    }
  }

  public var serviceError: ServiceError {
    ServiceError(.invalidRequest, detail, facts: fields.isEmpty ? [:] : ["fields": fields])
  }

  private var detail: String {
    switch kind {
    case .notJSON: "The body is not valid JSON of the expected form."
    case .unknownFields(let fields) where fields.count == 1: "unknown field: \(fields[0])"
    case .unknownFields(let fields): "unknown fields: \(fields.joined(separator: ", "))"
    case .missingField(let field): "missing field: \(field)"
    case .wrongType(let field): field.isEmpty ? "The body has the wrong type." : "wrong type of field: \(field)"
    case .invalidValue(let field): "invalid value of field: \(field)"
    }
  }

  private var fields: [String] {
    switch kind {
    case .notJSON: []
    case .unknownFields(let fields): fields
    case .missingField(let field), .wrongType(let field), .invalidValue(let field): field.isEmpty ? [] : [field]
    }
  }
}

/// Paths into a JSON document, as people write them: `auth.scopes[2].name`.
enum FieldPath {
  static func text(_ path: [any CodingKey]) -> String {
    var text = ""
    for key in path {
      if let index = key.intValue {
        text += "[\(index)]"
      } else {
        text += text.isEmpty ? key.stringValue : ".\(key.stringValue)"
      }
    }
    return printable(text)
  }

  /// A name from outside goes into an answer and perhaps a log: short, and without control characters.
  private static func printable(_ text: String) -> String {
    let cut = text.prefix(BodyProblem.maximumPathLength)
    return String(cut.map { $0.unicodeScalars.allSatisfy { $0.value >= 32 && $0.value != 127 } ? $0 : "\u{FFFD}" })
  }
}
