import Foundation
import HTTPTypes
import Hummingbird
import Model
import ServiceKit

/// One call of the public API by a known caller, with readers that refuse what they do not understand.
struct PublicCall: Sendable {
  let identity: CallerIdentity
  let members: MemberNames
  /// The query parameters, all of them known to the route.
  let query: QueryParameters
  let request: Request
  let context: AppRequestContext

  /// The JSON body. Unknown fields are refused by name.
  func body<Value: Decodable & Sendable>(_ type: Value.Type = Value.self) async throws -> Value {
    try await request.decodeStrictly(type, context)
  }

  /// The JSON body, in which members may be named by the host platform's ids too.
  func body<Value: Decodable & Sendable>(
    _ type: Value.Type = Value.self, membersAt places: [MemberNames.Place]
  ) async throws -> Value {
    let body = try await request.collectJSON(context)
    return try StrictJSON.decode(type, from: try await members.resolved(body, at: places, for: identity))
  }

  /// The member in the path, by our id or the host platform's.
  func member() async throws -> UserID { try await members.id(try text("id"), for: identity) }

  /// The member in a query parameter, by our id or the host platform's.
  func member(query name: String) async throws -> UserID? {
    guard let text = query[name] else { return nil }
    return try await members.id(text, for: identity)
  }

  /// For a route with nothing to say in a body: what is said all the same is refused by name.
  func noBody() async throws { _ = try await optionalBody(Empty.self) }

  /// The JSON body of a route that can do without one; nil when there is none.
  func optionalBody<Value: Decodable & Sendable>(_ type: Value.Type = Value.self) async throws -> Value? {
    let length = request.headers[.contentLength]
    guard length != nil && length != "0" || request.headers[.transferEncoding] != nil else { return nil }
    return try await body(type)
  }

  /// An identifier in the path. One that is not even shaped like this kind names nothing.
  func id<Kind: IdentifiedKind>(_ kind: Kind.Type = Kind.self, orFail code: ErrorCode = .notFound) throws -> Identifier<
    Kind
  > {
    guard let text = context.parameters.get("id"), let id = Identifier<Kind>(validating: text) else {
      throw ServiceError(code, "There is nothing with this id in your organization.")
    }
    return id
  }

  /// A free text in the path, such as an Application's platform identity.
  func text(_ name: String) throws -> String {
    guard let text = context.parameters.get(name)?.removingPercentEncoding, !text.isEmpty else {
      throw ServiceError(.notFound, "There is nothing with this id in your organization.")
    }
    return text
  }
}

/// Query parameters that have been held against a list of known names.
struct QueryParameters: Sendable {
  private let values: [String: String]

  /// - Throws: `invalid_request` for a name that is unknown or given twice.
  init(_ request: Request, known: Set<String>) throws {
    var values: [String: String] = [:]
    for (name, value) in request.uri.queryParameters {
      let name = String(name)
      guard known.contains(name) else {
        let list = known.isEmpty ? "none" : known.sorted().joined(separator: ", ")
        throw ServiceError(.invalidRequest, "Unknown query parameter \(name.prefix(40)). Known here: \(list).")
      }
      guard values[name] == nil else {
        throw ServiceError(.invalidRequest, "The query parameter \(name) is given twice.")
      }
      values[name] = String(value)
    }
    self.values = values
  }

  subscript(_ name: String) -> String? { values[name].flatMap { $0.isEmpty ? nil : $0 } }

  /// A whole number within bounds.
  func number(_ name: String, in range: ClosedRange<Int>, default fallback: Int) throws -> Int {
    guard let text = self[name] else { return fallback }
    guard let value = Int(text), range.contains(value) else {
      throw ServiceError(
        .invalidRequest, "\(name) must be a whole number from \(range.lowerBound) to \(range.upperBound).")
    }
    return value
  }

  /// An identifier of a kind.
  func id<Kind: IdentifiedKind>(_ name: String, _ kind: Kind.Type) throws -> Identifier<Kind>? {
    guard let text = self[name] else { return nil }
    guard let id = Identifier<Kind>(validating: text) else {
      throw ServiceError(.invalidRequest, "\(name) must be an id that starts with \(Kind.prefix)_.")
    }
    return id
  }

  /// One of an enumeration's words.
  func choice<Choice: RawRepresentable & CaseIterable>(_ name: String, _ type: Choice.Type) throws -> Choice?
  where Choice.RawValue == String {
    guard let text = self[name] else { return nil }
    guard let choice = Choice(rawValue: text) else {
      let words = Choice.allCases.map(\.rawValue).joined(separator: ", ")
      throw ServiceError(.invalidRequest, "\(name) must be one of: \(words).")
    }
    return choice
  }

  /// A time such as `2026-01-02T03:04:05Z`.
  func time(_ name: String) throws -> Date? {
    guard let text = self[name] else { return nil }
    guard let time = WireTime.date(text) else {
      throw ServiceError(.invalidRequest, "\(name) must be a time in UTC such as 2026-01-02T03:04:05Z.")
    }
    return time
  }

  func flag(_ name: String) throws -> Bool {
    switch self[name] {
    case nil, "false": return false
    case "true": return true
    default: throw ServiceError(.invalidRequest, "\(name) must be true or false.")
    }
  }

  /// What ``page()`` reads.
  static let pageNames: Set<String> = ["limit", "cursor"]

  /// `limit` and `cursor`.
  func page() throws -> PageRequest {
    PageRequest(
      limit: try number("limit", in: 1...PageRequest.maximumLimit, default: PageRequest.defaultLimit),
      cursor: self["cursor"])
  }
}
